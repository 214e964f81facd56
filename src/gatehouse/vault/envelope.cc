// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/envelope.h"

#include <cassert>
#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/aead.h"

namespace gatehouse::vault {
namespace {

constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kCommitmentBytes = 32;

std::string random_text(base::Random& random, std::size_t size) {
  std::string text(size, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

base::Error does_not_open(const char* why) { return base::Error{base::Errc::denied, why}; }

// Content key, then commitment.
base::Secret derive_keys(const base::Secret& data_key, const base::Secret& holder_key,
                         std::string_view salt, std::string_view additional) {
  assert(data_key.size() == crypto::kAeadKeyBytes);
  assert(holder_key.empty() || holder_key.size() == kGrantKeyBytes);
  std::string info = "gatehouse/cek/1";
  info += additional;
  return crypto::hkdf_sha256({data_key.reveal(), holder_key.reveal()}, salt, info,
                             crypto::kAeadKeyBytes + kCommitmentBytes);
}

base::Secret derive_wrap_key(const Bearer& bearer) {
  std::string info = "gatehouse/wrap/1";
  info += static_cast<char>(bearer.kind());
  return crypto::hkdf_sha256({bearer.secret()}, bearer.grant_id(), info, crypto::kAeadKeyBytes);
}

std::string wrap_additional_data(const Bearer& bearer) {
  std::string additional(bearer.grant_id());
  additional += static_cast<char>(bearer.kind());
  additional += crypto::view(bearer.tag());
  return additional;
}

}  // namespace

std::string additional_data(const SealTerms& terms) {
  std::string out = "gatehouse/seal/1";
  base::append_framed(out, terms.table);
  base::append_framed(out, terms.key);
  base::append_framed(out, terms.kind);
  base::append_framed(out, crypto::view(crypto::sha256(terms.subject)));
  base::append_number(out, terms.signed_in, 8);
  base::append_number(out, terms.expires, 8);
  base::append_number(out, terms.content_generation, 8);
  out += crypto::view(terms.attributes);
  base::append_number(out, static_cast<std::uint64_t>(kSealSuite), 1);
  return out;
}

Envelope seal_envelope(const base::Secret& data_key, const base::Secret& holder_key,
                       std::string_view additional_data, const base::Secret& content,
                       base::Random& random) {
  Envelope envelope;
  envelope.salt = random_text(random, kSaltBytes);
  envelope.iv = random_text(random, crypto::kAeadNonceBytes);
  const base::Secret keys = derive_keys(data_key, holder_key, envelope.salt, additional_data);
  crypto::SealedBytes sealed = crypto::aead_seal(keys.reveal().substr(0, crypto::kAeadKeyBytes),
                                                 envelope.iv, additional_data, content.reveal());
  envelope.commitment = keys.reveal().substr(crypto::kAeadKeyBytes);
  envelope.ciphertext = std::move(sealed.ciphertext);
  envelope.tag = std::move(sealed.tag);
  return envelope;
}

base::Result<base::Secret> open_envelope(const base::Secret& data_key,
                                         const base::Secret& holder_key,
                                         std::string_view additional_data,
                                         const Envelope& envelope) {
  if (envelope.salt.size() != kSaltBytes || envelope.iv.size() != crypto::kAeadNonceBytes ||
      envelope.tag.size() != crypto::kAeadTagBytes ||
      envelope.commitment.size() != kCommitmentBytes) {
    return does_not_open("a part of the seal has the wrong length");
  }
  const base::Secret keys = derive_keys(data_key, holder_key, envelope.salt, additional_data);
  if (!base::equal_in_constant_time(keys.reveal().substr(crypto::kAeadKeyBytes),
                                    envelope.commitment)) {
    return does_not_open("the seal was made with another key or for another record");
  }
  return crypto::aead_open(keys.reveal().substr(0, crypto::kAeadKeyBytes), envelope.iv,
                           additional_data, envelope.ciphertext, envelope.tag);
}

std::string wrap_grant_key(const Bearer& bearer, const base::Secret& grant_key,
                           base::Random& random) {
  assert(grant_key.size() == kGrantKeyBytes);
  const base::Secret key = derive_wrap_key(bearer);
  const std::string additional = wrap_additional_data(bearer);
  std::string wrap = random_text(random, crypto::kAeadNonceBytes);
  const crypto::SealedBytes sealed =
      crypto::aead_seal(key.reveal(), wrap, additional, grant_key.reveal());
  wrap += sealed.ciphertext;
  wrap += sealed.tag;
  assert(wrap.size() == kWrapBytes);
  return wrap;
}

base::Result<base::Secret> unwrap_grant_key(const Bearer& bearer, std::string_view wrap) {
  if (wrap.size() != kWrapBytes) return does_not_open("the wrap has the wrong length");
  const base::Secret key = derive_wrap_key(bearer);
  const std::string additional = wrap_additional_data(bearer);
  return crypto::aead_open(key.reveal(), wrap.substr(0, crypto::kAeadNonceBytes), additional,
                           wrap.substr(crypto::kAeadNonceBytes, kGrantKeyBytes),
                           wrap.substr(crypto::kAeadNonceBytes + kGrantKeyBytes));
}

}  // namespace gatehouse::vault
