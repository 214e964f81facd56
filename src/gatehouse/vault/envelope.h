// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/bearer.h"

namespace gatehouse::vault {

// The scheme below. Records of another suite are refused.
inline constexpr std::int64_t kSealSuite = 2;
inline constexpr std::size_t kGrantKeyBytes = 32;

// What a seal binds beside the content. `attributes` is the digest of everything in the row that
// is not part of the seal itself.
struct SealTerms {
  SealTerms() {}
  std::string_view table;
  std::string_view key;
  std::string_view kind;
  std::string_view subject;
  std::uint64_t signed_in = 0;
  std::uint64_t expires = 0;
  std::uint64_t content_generation = 0;
  crypto::Sha256 attributes{};
};

std::string additional_data(const SealTerms& terms);

// Raw bytes. `commitment` ties the ciphertext to its key, which GCM alone does not.
struct Envelope {
  Envelope() {}
  std::string ciphertext;
  std::string tag;         // 16
  std::string iv;          // 12
  std::string salt;        // 32
  std::string commitment;  // 32
};

// The content key comes from both `data_key` and `holder_key` (32 bytes, or empty for records that
// the service opens alone), a fresh salt and the additional data; it is used once.
Envelope seal_envelope(const base::Secret& data_key, const base::Secret& holder_key,
                       std::string_view additional_data, const base::Secret& content,
                       base::Random& random);
// Errc::denied when anything at all differs.
base::Result<base::Secret> open_envelope(const base::Secret& data_key,
                                         const base::Secret& holder_key,
                                         std::string_view additional_data,
                                         const Envelope& envelope);

// The grant key under a key that only this token gives: nonce 12, ciphertext 32, tag 16.
inline constexpr std::size_t kWrapBytes = 60;
std::string wrap_grant_key(const Bearer& bearer, const base::Secret& grant_key,
                           base::Random& random);
base::Result<base::Secret> unwrap_grant_key(const Bearer& bearer, std::string_view wrap);

}  // namespace gatehouse::vault
