// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/sealed_state.h"

#include <array>
#include <cassert>
#include <optional>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/aead.h"

namespace gatehouse::vault {
namespace {

// Token: key id 1 | nonce 12 | ciphertext of (expiry 8 | state) | tag 16.
constexpr std::size_t kTokenBytesMax = 64 * 1024;
constexpr std::size_t kNameBytesMax = 1'000;
constexpr std::size_t kHeadBytes = 1 + crypto::kAeadNonceBytes;
constexpr std::size_t kExpiryBytes = 8;

std::string additional_data(char key_id, std::string_view purpose, std::string_view principal) {
  std::string out = "gatehouse/state/1";
  out += key_id;
  base::append_framed(out, purpose);
  base::append_framed(out, principal);
  return out;
}

base::Error not_ours() {
  return base::Error{base::Errc::denied, "the state was not sealed by us for this use"};
}

}  // namespace

SealedState::SealedState(const TokenKeys& keys, const base::Clock& clock, base::Random& random)
    : keys_(keys, "gatehouse/sid/1"), clock_(clock), random_(random) {}

std::string SealedState::seal(std::string_view purpose, std::string_view principal,
                              std::string_view state, std::chrono::seconds lifetime) const {
  if (state.size() > kStateBytesMax || purpose.size() > kNameBytesMax ||
      principal.size() > kNameBytesMax) {
    return {};
  }
  const TokenKeys::Key& key = keys_.current();
  std::string token(kHeadBytes, '\0');
  random_.fill({reinterpret_cast<std::uint8_t*>(token.data()), token.size()});
  token[0] = static_cast<char>(key.id);

  std::string plaintext;
  plaintext.reserve(kExpiryBytes + state.size());
  const std::int64_t expires = base::epoch_seconds(clock_.now() + lifetime);
  base::append_number(plaintext, static_cast<std::uint64_t>(expires), kExpiryBytes);
  plaintext += state;

  const std::string additional = additional_data(token[0], purpose, principal);
  const crypto::SealedBytes sealed = crypto::aead_seal(
      key.bytes.reveal(), std::string_view(token).substr(1), additional, plaintext);
  token += sealed.ciphertext;
  token += sealed.tag;
  return base::base64url_encode(token);
}

base::Result<std::string> SealedState::open(std::string_view purpose, std::string_view principal,
                                            std::string_view token) const {
  if (token.size() > kTokenBytesMax || purpose.size() > kNameBytesMax ||
      principal.size() > kNameBytesMax) {
    return not_ours();
  }
  const std::optional<std::string> decoded = base::base64url_decode(token);
  if (!decoded || decoded->size() < kHeadBytes + kExpiryBytes + crypto::kAeadTagBytes) {
    return not_ours();
  }
  const std::string_view bytes = *decoded;
  const TokenKeys::Key* const key = keys_.find(static_cast<std::uint8_t>(bytes[0]));
  if (key == nullptr) return not_ours();

  const std::size_t tag_at = bytes.size() - crypto::kAeadTagBytes;
  const std::string additional = additional_data(bytes[0], purpose, principal);
  const base::Result<base::Secret> plaintext =
      crypto::aead_open(key->bytes.reveal(), bytes.substr(1, crypto::kAeadNonceBytes), additional,
                        bytes.substr(kHeadBytes, tag_at - kHeadBytes), bytes.substr(tag_at));
  if (!plaintext) return not_ours();

  base::FrameReader reader(plaintext->reveal());
  const auto expires = static_cast<std::int64_t>(reader.number(kExpiryBytes));
  if (base::epoch_seconds(clock_.now()) >= expires) {
    return base::Error{base::Errc::not_found, "the state is past its lifetime"};
  }
  return std::string(plaintext->reveal().substr(kExpiryBytes));
}

}  // namespace gatehouse::vault
