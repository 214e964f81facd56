// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gatehouse/base/secret.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

enum class BearerKind : char { access = 'a', refresh = 'r', code = 'c', browser = 'b' };

inline constexpr std::size_t kGrantIdBytes = 16;
inline constexpr std::size_t kBearerSecretBytes = 32;
inline constexpr std::size_t kBearerTextBytes = 98;

// A token of ours taken apart:
//   gth_a_ base64url( key id 1 | grant id 16 | generation 4 | secret 32 | MAC 16 )
// The MAC covers the kind and everything before it, so no token can play another's part.
class Bearer {
 public:
  // nullopt unless the shape is exact: prefix, length, alphabet, no stray bits. That proves nothing
  // yet.
  static std::optional<Bearer> parse(std::string_view text);

  // Whether one of our keys made it. Constant time in everything secret.
  bool is_proven_by(const TokenKeys& keys) const;

  BearerKind kind() const { return kind_; }
  std::uint8_t key_id() const { return bytes_.bytes()[0]; }
  std::string_view grant_id() const { return bytes_.reveal().substr(1, kGrantIdBytes); }
  // The record's generation when the token was issued: never above the record's later ones.
  std::uint32_t generation() const;
  std::string_view secret() const { return bytes_.reveal().substr(21, kBearerSecretBytes); }
  // SHA-256 of the token's text: all that is stored of it.
  const crypto::Sha256& tag() const { return tag_; }

 private:
  Bearer(BearerKind kind, base::Secret bytes, const crypto::Sha256& tag);

  BearerKind kind_;
  base::Secret bytes_;
  crypto::Sha256 tag_;
};

// Reads what is needed to look a token up, without taking it apart: whether it has the length and
// the prefix of `kind`, and its grant id. Every token that parses has one.
std::optional<std::array<std::uint8_t, kGrantIdBytes>> peek_grant_id(BearerKind kind,
                                                                     std::string_view text);

base::Secret mint_bearer(BearerKind kind, const TokenKeys::Key& key, std::string_view grant_id,
                         std::uint32_t generation, std::string_view secret);

}  // namespace gatehouse::vault
