// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/file_desk.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::gateway {
namespace {

using google::ApiError;
using google::ApiFault;

// A link that ends sooner is of no use to a person.
constexpr std::chrono::minutes kLifetimeMin{1};
constexpr std::chrono::seconds kRetryDelay{5};

const CallerAccount& caller_of(const workspace::Account& account) {
  const auto* const caller = dynamic_cast<const CallerAccount*>(&account);
  assert(caller != nullptr);
  return *caller;
}

}  // namespace

google::ApiTask<workspace::FileLink> FileDesk::link_to(const workspace::Account& account,
                                                       const workspace::LinkedFile& file) {
  const CallerAccount& caller = caller_of(account);
  auto ticket = co_await ticket_for(caller);
  if (!ticket) co_return ticket.error();
  ticket->kind = web::FileTicket::Kind::download;
  ticket->handle = file.handle;
  ticket->name = file.name;
  ticket->size = file.size;
  auto url = co_await tickets_.make(*ticket);
  if (!url) co_return unavailable(caller, url.error());
  workspace::FileLink link;
  link.url = std::move(*url);
  link.lifetime = std::chrono::floor<std::chrono::minutes>(ticket->expires - clock_.now());
  co_return link;
}

google::ApiTask<workspace::UploadLink> FileDesk::link_for(const workspace::Account& account,
                                                          const workspace::WantedFile& file) {
  const CallerAccount& caller = caller_of(account);
  auto ticket = co_await ticket_for(caller);
  if (!ticket) co_return ticket.error();
  ticket->kind = web::FileTicket::Kind::upload;
  ticket->name = file.name;
  ticket->mime = file.mime;
  auto url = co_await tickets_.make(*ticket);
  if (!url) co_return unavailable(caller, url.error());
  workspace::UploadLink link;
  link.handle = web::upload_handle_for(std::string_view(*url).substr(url->rfind('/') + 1));
  link.url = std::move(*url);
  link.expires = ticket->expires;
  web::UploadNote note;
  note.subject = ticket->session.subject;
  note.link_ends = ticket->expires;
  const auto begun = co_await notes_.begin(link.handle, note);
  if (!begun) co_return unavailable(caller, begun.error());
  co_return link;
}

google::ApiTask<workspace::Upload> FileDesk::find_upload(const workspace::Account& account,
                                                         const std::string& handle) {
  using State = workspace::Upload::State;
  const CallerAccount& caller = caller_of(account);
  workspace::Upload upload;
  const auto note = co_await notes_.find(handle);
  if (!note && note.error().code == vault::Refused::unavailable)
    co_return unavailable(caller, note.error());
  if (!note) co_return upload;
  const auto trace = co_await traces_.of(caller.grant(), caller.bearer().reveal());
  if (!trace) co_return unavailable(caller, trace.error());
  if (trace->subject != note->subject) {
    upload.state = State::of_another;
  } else if (note->file) {
    upload.state = State::here;
    upload.file = note->file->message_id + "/" + note->file->part_id;
    upload.draft_id = note->file->draft_id;
  } else {
    upload.state = clock_.now() < note->link_ends ? State::awaited : State::never_came;
  }
  co_return upload;
}

google::ApiTask<web::FileTicket> FileDesk::ticket_for(const CallerAccount& caller) {
  const base::SystemTime until = clock_.now() + web::kFileLinkLifetime;
  auto lasting = co_await caller.token_until(until);
  if (!lasting) co_return lasting.error();
  web::FileTicket ticket;
  ticket.expires = std::min({until, lasting->expires, caller.grant().expires});
  const ApiError too_short{ApiFault::google_unavailable,
                           "The session or Google's permission ends too soon for a link.",
                           kRetryDelay, 0};
  if (ticket.expires < clock_.now() + kLifetimeMin) co_return too_short;
  auto trace = co_await traces_.of(caller.grant(), caller.bearer().reveal());
  if (!trace) co_return unavailable(caller, trace.error());
  ticket.session = std::move(*trace);
  ticket.user = caller.grant().user;
  ticket.client = caller.grant().client;
  ticket.google_token = std::move(lasting->token);
  co_return ticket;
}

ApiError FileDesk::unavailable(const CallerAccount& caller, const vault::RefusedError& refused) {
  telemetry::TracedLog log(log_, caller.trace);
  log.warn("file link not made", {{telemetry::Field::detail, std::string_view(refused.detail)}});
  return {ApiFault::google_unavailable, "Gatehouse's own store cannot be reached at the moment.",
          kRetryDelay, 0};
}

}  // namespace gatehouse::gateway
