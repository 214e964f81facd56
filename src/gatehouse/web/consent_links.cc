// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/consent_links.h"

#include <utility>

#include "gatehouse/base/encoding.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kHalfBytes = 16;
constexpr std::size_t kHalfCharacters = 22;

std::string record_key(std::string_view ticket) {
  return "TXN#" + std::string(ticket.substr(0, kHalfCharacters));
}

bool is_ticket(std::string_view text) {
  return text.size() == 2 * kHalfCharacters &&
         base::base64url_decode(text.substr(0, kHalfCharacters)).has_value() &&
         base::base64url_decode(text.substr(kHalfCharacters)).has_value();
}

}  // namespace

ConsentLinks::ConsentLinks(std::string public_url, vault::RecordVault& records,
                           const base::Clock& clock, base::Random& random)
    : public_url_(std::move(public_url)), records_(records), clock_(clock), random_(random) {}

vault::VaultTask<std::string> ConsentLinks::make(const Widening& widening) {
  const std::string ticket = random_.token(kHalfBytes) + random_.token(kHalfBytes);
  const base::Secret holder = base::Secret::copy_of(ticket.substr(kHalfCharacters));
  const base::Secret content = encode(widening);
  const std::string key = record_key(ticket);
  const base::SystemTime expires = clock_.now() + kConsentLinkLifetime;
  const auto created = co_await records_.create(key, content, expires, holder);
  if (!created) co_return created.error();
  co_return public_url_ + "/consent?more=" + ticket;
}

vault::VaultTask<Widening> ConsentLinks::open(std::string_view ticket) {
  const vault::RefusedError unknown{vault::Refused::unknown, "no such consent link"};
  if (!is_ticket(ticket)) co_return unknown;
  const std::string key = record_key(ticket);
  const base::Secret holder = base::Secret::copy_of(ticket.substr(kHalfCharacters));
  const auto opened = co_await records_.open(key, holder);
  if (!opened) co_return opened.error();
  auto widening = decode_widening(opened->content.reveal());
  if (!widening) co_return unknown;
  co_return std::move(*widening);
}

}  // namespace gatehouse::web
