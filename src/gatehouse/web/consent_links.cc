// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/consent_links.h"

#include <utility>

#include "gatehouse/web/link_ticket.h"

namespace gatehouse::web {

ConsentLinks::ConsentLinks(std::string public_url, vault::RecordVault& records,
                           const base::Clock& clock, base::Random& random)
    : public_url_(std::move(public_url)), records_(records), clock_(clock), random_(random) {}

vault::VaultTask<std::string> ConsentLinks::make(const Widening& widening) {
  const LinkTicket ticket = LinkTicket::make(random_);
  const base::Secret holder = ticket.holder();
  const base::Secret content = encode(widening);
  const std::string key = ticket.record_key();
  const base::SystemTime expires = clock_.now() + kConsentLinkLifetime;
  const auto created = co_await records_.create(key, content, expires, holder);
  if (!created) co_return created.error();
  co_return public_url_ + "/consent?more=" + ticket.text();
}

vault::VaultTask<Widening> ConsentLinks::open(std::string_view text) {
  const vault::RefusedError unknown{vault::Refused::unknown, "no such consent link"};
  const auto ticket = LinkTicket::parse(text);
  if (!ticket) co_return unknown;
  const std::string key = ticket->record_key();
  const base::Secret holder = ticket->holder();
  const auto opened = co_await records_.open(key, holder);
  if (!opened) co_return opened.error();
  auto widening = decode_widening(opened->content.reveal());
  if (!widening) co_return unknown;
  co_return std::move(*widening);
}

}  // namespace gatehouse::web
