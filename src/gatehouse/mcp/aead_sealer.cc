// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/aead_sealer.h"

#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/aead.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::mcp {
namespace {

// Token: salt 16 | ciphertext of (expiry 8 | state) | tag 16.
constexpr std::string_view kInfo = "gatehouse/mcp/state/1";
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kTokenBytesMax = 64 * 1024;  // as text

// No two pairs of names give the same bytes.
std::string additional_data(std::string_view purpose, std::string_view principal) {
  std::string out;
  base::append_number(out, purpose.size(), kNumberBytes);
  out += purpose;
  out += principal;
  return out;
}

// The key and the nonce of one token.
struct TokenKey {
  TokenKey(const base::Secret& key, std::string_view salt)
      : material(crypto::hkdf_sha256({key.reveal()}, salt, kInfo,
                                     crypto::kAeadKeyBytes + crypto::kAeadNonceBytes)) {}
  std::string_view key() const { return material.reveal().substr(0, crypto::kAeadKeyBytes); }
  std::string_view nonce() const { return material.reveal().substr(crypto::kAeadKeyBytes); }

  const base::Secret material;
};

base::Error not_ours() {
  return base::Error{base::Errc::denied, "the state was not sealed by us for this use"};
}

}  // namespace

AeadSealer::AeadSealer(std::vector<base::Secret> keys, const base::Clock& clock,
                       base::Random& random)
    : keys_(std::move(keys)), clock_(clock), random_(random) {
  assert(!keys_.empty() && keys_.size() <= kKeysMax && "a sealer has one to eight keys");
  for (const base::Secret& key : keys_) assert(key.size() == kKeyBytes && "a key has 32 bytes");
}

std::string AeadSealer::seal(std::string_view purpose, std::string_view principal,
                             std::string_view state, std::chrono::seconds lifetime) {
  if (state.size() > kStateBytesMax) return {};
  std::string token(kSaltBytes, '\0');
  random_.fill({reinterpret_cast<std::uint8_t*>(token.data()), token.size()});

  std::string plaintext;
  const std::int64_t expires = base::epoch_seconds(clock_.now() + lifetime);
  base::append_number(plaintext, static_cast<std::uint64_t>(expires), kNumberBytes);
  plaintext += state;

  const TokenKey key(keys_.front(), token);
  const std::string additional = additional_data(purpose, principal);
  const crypto::SealedBytes sealed =
      crypto::aead_seal(key.key(), key.nonce(), additional, plaintext);
  token += sealed.ciphertext;
  token += sealed.tag;
  return base::base64url_encode(token);
}

base::Result<std::string> AeadSealer::open(std::string_view purpose, std::string_view principal,
                                           std::string_view token) {
  if (token.size() > kTokenBytesMax) return not_ours();
  const std::optional<std::string> decoded = base::base64url_decode(token);
  if (!decoded || decoded->size() < kSaltBytes + kNumberBytes + crypto::kAeadTagBytes)
    return not_ours();
  const std::string_view bytes = *decoded;
  const std::string_view salt = bytes.substr(0, kSaltBytes);
  const std::size_t tag_at = bytes.size() - crypto::kAeadTagBytes;
  const std::string_view ciphertext = bytes.substr(kSaltBytes, tag_at - kSaltBytes);

  const std::string additional = additional_data(purpose, principal);
  for (const base::Secret& candidate : keys_) {
    const TokenKey key(candidate, salt);
    const base::Result<base::Secret> plaintext =
        crypto::aead_open(key.key(), key.nonce(), additional, ciphertext, bytes.substr(tag_at));
    if (!plaintext) continue;
    base::FrameReader reader(plaintext->reveal());
    const auto expires = static_cast<std::int64_t>(reader.number(kNumberBytes));
    if (base::epoch_seconds(clock_.now()) >= expires)
      return base::Error{base::Errc::not_found, "the state is past its lifetime"};
    return std::string(reader.rest());
  }
  return not_ours();
}

}  // namespace gatehouse::mcp
