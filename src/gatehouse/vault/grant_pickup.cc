// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_pickup.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/grant_content.h"

namespace gatehouse::vault {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kFormatWithEpoch = 2;
constexpr std::uint64_t kScopesMax = 128;
constexpr std::size_t kNameBytes = 16;
constexpr std::size_t kKeyBytes = 32;

}  // namespace

GrantPickup pickup_for(std::string_view grant_id, const base::Secret& grant_key) {
  const auto derive = [&](std::string_view info, std::size_t size) {
    return crypto::hkdf_sha256({grant_key.reveal()}, grant_id, info, size);
  };
  GrantPickup pickup;
  pickup.record_key =
      "TXN#" + base::base64url_encode(derive("gatehouse/pickup-name/1", kNameBytes).reveal());
  const base::Secret key = derive("gatehouse/pickup-key/1", kKeyBytes);
  pickup.secret = base::base64url_encode_secret(key.reveal());
  return pickup;
}

base::Secret encode(const LeftForGrant& left) {
  base::Secret out;
  out.reserve(2048);
  base::append_number(out, left.epoch ? kFormatWithEpoch : kFormat, 1);
  if (left.epoch) base::append_number(out, static_cast<std::uint64_t>(*left.epoch), 8);
  base::append_framed(out, left.subject.str());
  base::append_number(out, left.scopes.size(), 2);
  for (const std::string& scope : left.scopes) base::append_framed(out, scope);
  append_upstream(out, left.upstream);
  return out;
}

std::optional<LeftForGrant> decode_left_for_grant(const base::Secret& bytes) {
  base::FrameReader reader(bytes.reveal());
  const std::uint64_t format = reader.number(1);
  if (format != kFormat && format != kFormatWithEpoch) return std::nullopt;
  LeftForGrant left;
  if (format == kFormatWithEpoch) left.epoch = static_cast<std::int64_t>(reader.number(8));
  left.subject = base::UserId(std::string(reader.framed()));
  const std::uint64_t scopes = reader.number(2);
  if (scopes > kScopesMax) return std::nullopt;
  for (std::uint64_t i = 0; i < scopes; ++i) left.scopes.emplace_back(reader.framed());
  std::optional<UpstreamCredentials> upstream = take_upstream(reader);
  if (!upstream || !reader.sound() || !reader.at_end()) return std::nullopt;
  left.upstream = std::move(*upstream);
  return left;
}

}  // namespace gatehouse::vault
