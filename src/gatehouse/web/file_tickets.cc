// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/file_tickets.h"

#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/web/link_ticket.h"

namespace gatehouse::web {
namespace {

constexpr std::uint64_t kFormat = 1;

base::SystemTime time_from(base::FrameReader& reader) {
  return base::from_epoch_seconds(static_cast<std::int64_t>(reader.number(8)));
}

void append_time(base::Secret& out, base::SystemTime time) {
  base::append_number(out, static_cast<std::uint64_t>(base::epoch_seconds(time)), 8);
}

}  // namespace

base::Secret encode(const FileTicket& ticket) {
  base::Secret out;
  out.reserve(4096);
  base::append_number(out, kFormat, 1);
  base::append_number(out, static_cast<std::uint64_t>(ticket.kind), 1);
  base::append_framed(out, ticket.google_token.reveal());
  base::append_framed(out, ticket.session.grant);
  base::append_framed(out, ticket.session.subject.str());
  base::append_number(out, static_cast<std::uint64_t>(ticket.session.epoch), 8);
  append_time(out, ticket.session.signed_in_at);
  base::append_framed(out, ticket.user.str());
  base::append_framed(out, ticket.client.str());
  base::append_framed(out, ticket.handle);
  base::append_framed(out, ticket.name);
  base::append_framed(out, ticket.mime);
  base::append_number(out, ticket.size, 8);
  append_time(out, ticket.expires);
  return out;
}

std::optional<FileTicket> decode_file_ticket(const base::Secret& bytes) {
  base::FrameReader reader(bytes.reveal());
  if (reader.number(1) != kFormat) return std::nullopt;
  const std::uint64_t kind = reader.number(1);
  if (kind != 1 && kind != 2) return std::nullopt;
  FileTicket ticket;
  ticket.kind = static_cast<FileTicket::Kind>(kind);
  ticket.google_token = base::Secret::copy_of(reader.framed());
  ticket.session.grant = reader.framed();
  ticket.session.subject = base::UserId(std::string(reader.framed()));
  ticket.session.epoch = static_cast<std::int64_t>(reader.number(8));
  ticket.session.signed_in_at = time_from(reader);
  ticket.user = base::UserId(std::string(reader.framed()));
  ticket.client = base::ClientId(std::string(reader.framed()));
  ticket.handle = reader.framed();
  ticket.name = reader.framed();
  ticket.mime = reader.framed();
  ticket.size = reader.number(8);
  ticket.expires = time_from(reader);
  if (!reader.sound() || !reader.at_end()) return std::nullopt;
  return ticket;
}

FileTickets::FileTickets(std::string public_url, vault::RecordVault& records, base::Random& random)
    : public_url_(std::move(public_url)), records_(records), random_(random) {}

vault::VaultTask<std::string> FileTickets::make(const FileTicket& ticket) {
  const LinkTicket link = LinkTicket::make(random_);
  const auto stored = co_await put_back(link.text(), ticket);
  if (!stored) co_return stored.error();
  co_return public_url_ + std::string(kFilesPath) + link.text();
}

vault::VaultTask<FileTickets::Opened> FileTickets::open(std::string_view text) {
  const vault::RefusedError unknown{vault::Refused::unknown, "no such file link"};
  const auto link = LinkTicket::parse(text);
  if (!link) co_return unknown;
  const std::string key = link->record_key();
  const base::Secret holder = link->holder();
  auto record = co_await records_.open(key, holder);
  if (!record) co_return record.error();
  auto ticket = decode_file_ticket(record->content);
  if (!ticket) co_return unknown;
  Opened opened;
  opened.ticket = std::move(*ticket);
  opened.record = std::move(*record);
  co_return opened;
}

vault::VaultTask<void> FileTickets::put_back(std::string_view text, const FileTicket& ticket) {
  const auto link = LinkTicket::parse(text);
  if (!link) co_return vault::RefusedError{vault::Refused::unknown, "no such file link"};
  const std::string key = link->record_key();
  const base::Secret holder = link->holder();
  const base::Secret content = encode(ticket);
  const auto created = co_await records_.create(key, content, ticket.expires, holder);
  co_return created;
}

vault::VaultTask<void> FileTickets::take(const Opened& opened) {
  const auto taken = co_await records_.take(opened.record);
  co_return taken;
}

}  // namespace gatehouse::web
