// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/bearer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/framing.h"

namespace gatehouse::vault {
namespace {

constexpr std::size_t kPrefixBytes = 6;
constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kProvenBytes = 1 + kGrantIdBytes + 4 + kBearerSecretBytes;
static_assert((kProvenBytes + kMacBytes) % 3 == 0, "base64url needs no padding");
static_assert(kPrefixBytes + (kProvenBytes + kMacBytes) / 3 * 4 == kBearerTextBytes);

std::optional<BearerKind> kind_of(std::string_view text) {
  if (text.size() != kBearerTextBytes || !text.starts_with("gth_") || text[5] != '_') {
    return std::nullopt;
  }
  switch (text[4]) {
    case 'a':
      return BearerKind::access;
    case 'r':
      return BearerKind::refresh;
    case 'c':
      return BearerKind::code;
    case 'b':
      return BearerKind::browser;
    default:
      return std::nullopt;
  }
}

constexpr std::array<std::uint8_t, 256> base64url_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(0xFF);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}
constexpr std::array<std::uint8_t, 256> kDigits = base64url_digits();

crypto::Sha256 mac_of(BearerKind kind, const TokenKeys::Key& key, std::string_view proven) {
  const char letter = static_cast<char>(kind);
  return crypto::hmac_sha256(key.bytes.reveal(), {std::string_view(&letter, 1), proven});
}

}  // namespace

Bearer::Bearer(BearerKind kind, base::Secret bytes, const crypto::Sha256& tag)
    : kind_(kind), bytes_(std::move(bytes)), tag_(tag) {}

std::optional<Bearer> Bearer::parse(std::string_view text) {
  const std::optional<BearerKind> kind = kind_of(text);
  if (!kind) return std::nullopt;
  std::optional<base::Secret> bytes = base::base64url_decode_secret(text.substr(kPrefixBytes));
  if (!bytes) return std::nullopt;
  assert(bytes->size() == kProvenBytes + kMacBytes);
  return Bearer(*kind, std::move(*bytes), crypto::sha256(text));
}

bool Bearer::is_proven_by(const TokenKeys& keys) const {
  const TokenKeys::Key* const key = keys.find(key_id());
  if (key == nullptr) return false;
  const crypto::Sha256 mac = mac_of(kind_, *key, bytes_.reveal().substr(0, kProvenBytes));
  return base::equal_in_constant_time(crypto::view(mac).substr(0, kMacBytes),
                                      bytes_.reveal().substr(kProvenBytes));
}

std::uint32_t Bearer::generation() const {
  base::FrameReader reader(bytes_.reveal().substr(1 + kGrantIdBytes, 4));
  return static_cast<std::uint32_t>(reader.number(4));
}

std::optional<std::array<std::uint8_t, kGrantIdBytes>> peek_grant_id(BearerKind kind,
                                                                     std::string_view text) {
  if (kind_of(text) != kind) return std::nullopt;
  // Twenty-four characters hold the key id, the grant id and one byte more. Decoded here rather
  // than by base, because this runs for every request and needs no memory of its own.
  std::array<std::uint8_t, 18> front;
  for (std::size_t i = 0; i < front.size() / 3; ++i) {
    std::uint32_t group = 0;
    for (const char c : text.substr(kPrefixBytes + i * 4, 4)) {
      const std::uint8_t digit = kDigits[static_cast<unsigned char>(c)];
      if (digit > 63) return std::nullopt;
      group = (group << 6) | digit;
    }
    front[i * 3] = static_cast<std::uint8_t>(group >> 16);
    front[i * 3 + 1] = static_cast<std::uint8_t>(group >> 8);
    front[i * 3 + 2] = static_cast<std::uint8_t>(group);
  }
  std::array<std::uint8_t, kGrantIdBytes> grant_id;
  std::copy_n(front.begin() + 1, kGrantIdBytes, grant_id.begin());
  return grant_id;
}

base::Secret mint_bearer(BearerKind kind, const TokenKeys::Key& key, std::string_view grant_id,
                         std::uint32_t generation, std::string_view secret) {
  assert(grant_id.size() == kGrantIdBytes && secret.size() == kBearerSecretBytes);
  base::Secret bytes;
  bytes.reserve(kProvenBytes + kMacBytes);
  base::append_number(bytes, key.id, 1);
  bytes.append(grant_id);
  base::append_number(bytes, generation, 4);
  bytes.append(secret);
  const crypto::Sha256 mac = mac_of(kind, key, bytes.reveal());
  bytes.append(crypto::view(mac).substr(0, kMacBytes));

  const base::Secret encoded = base::base64url_encode_secret(bytes.reveal());
  base::Secret text;
  text.reserve(kBearerTextBytes);
  const char letter = static_cast<char>(kind);
  text.append("gth_");
  text.append(std::string_view(&letter, 1));
  text.append("_");
  text.append(encoded.reveal());
  return text;
}

}  // namespace gatehouse::vault
