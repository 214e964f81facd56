// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/file_routes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/gateway/ticket_tokens.h"
#include "gatehouse/http/content_disposition.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/workspace/gmail/attachment_source.h"

namespace gatehouse::gateway {
namespace {

using google::ApiFault;
using telemetry::Field;
using web::FileEnd;

constexpr std::size_t kUserShown = 12;
constexpr std::size_t kHashShown = 10;
// Beside its bytes, whatever Google says of their number.
constexpr std::size_t kFileRoom = 64 * 1024;

FileEnd end_of(const google::ApiError& error) {
  switch (error.code) {
    case ApiFault::scope_missing:
    case ApiFault::reconsent_needed:
    case ApiFault::blocked_by_admin:
      return FileEnd::google_refused;
    case ApiFault::not_found_or_no_access:
    case ApiFault::invalid_argument:
    case ApiFault::conflict:
      return FileEnd::file_gone;
    case ApiFault::too_large:
      return FileEnd::too_large;
    case ApiFault::rate_limited:
      return FileEnd::busy;
    case ApiFault::google_unavailable:
    case ApiFault::outcome_unknown:
      return FileEnd::google_away;
  }
  return FileEnd::google_away;
}

http::Response file_response(std::string bytes, std::string_view name) {
  http::Response response;
  response.body = std::move(bytes);
  // Whatever the sender called it: a browser is to save it and to show nothing of it.
  response.with("Content-Type", "application/octet-stream");
  response.with("Content-Disposition", http::attachment_disposition(name));
  response.with("X-Content-Type-Options", "nosniff");
  response.with("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'");
  response.with("Cross-Origin-Resource-Policy", "same-origin");
  response.with("Cache-Control", "no-store");
  response.with("Referrer-Policy", "no-referrer");
  response.with("Accept-Ranges", "none");
  return response;
}

// The same for every link and whoever asks, so it tells nothing: previews ask so.
http::Response head_response() {
  http::Response response = http::empty_response(204);
  response.with("Cache-Control", "no-store");
  response.with("Referrer-Policy", "no-referrer");
  return response;
}

// As ReadAudit names it: by the mail that holds it.
std::string object_of(std::string_view handle) {
  const crypto::Sha256 digest = crypto::sha256(handle.substr(0, handle.find('/')));
  return base::hex_encode(crypto::view(digest)).substr(0, kHashShown);
}

}  // namespace

struct FileRoutes::Fetched {
  Fetched() {}
  std::string bytes;
  std::optional<FileEnd> end;  // why there are none
};

FileRoutes::FileRoutes(web::FileDoor& door, web::FileTickets& tickets,
                       workspace::Services& services, std::size_t unsent_bytes_max,
                       UnsentBytes unsent_bytes)
    : door_(door),
      tickets_(tickets),
      services_(services),
      unsent_bytes_(std::move(unsent_bytes)),
      under_way_(unsent_bytes_max),
      unsent_bytes_max_(unsent_bytes_max) {}

std::vector<http::Route> FileRoutes::routes() {
  std::vector<http::Route> routes;
  const std::string path = std::string(web::kFilesPath) + "*";
  routes.push_back({http::Method::get, path, http::Access::browser,
                    [this](const http::Request& request) { return get(request); }});
  return routes;
}

base::Coroutine<http::Response> FileRoutes::get(const http::Request& request) {
  if (request.method == http::Method::head) co_return head_response();
  if (web::is_prefetch(request)) co_return http::empty_response(503);
  auto knock = co_await door_.knock(request);
  if (knock.sign_in) co_return std::move(*knock.sign_in);
  if (knock.end) co_return end(knock.link.ticket, *knock.end);
  http::Response response = co_await give(knock.link);
  co_return response;
}

base::Coroutine<http::Response> FileRoutes::give(const web::FileTickets::Opened& link) {
  // What is cut on its way out would be lost with its link.
  http::ByteBudget::Share share = under_way_.share();
  const std::size_t room = link.ticket.size + kFileRoom;
  const bool has_room = unsent_bytes_() + under_way_.bytes() + room <= unsent_bytes_max_;
  if (!has_room || !share.resize(room)) co_return end(link.ticket, FileEnd::busy);
  Fetched file = co_await fetch(link.ticket);
  if (file.end) co_return end(link.ticket, *file.end);
  const auto taken = co_await tickets_.take(link);
  if (!taken) {
    const bool is_down = taken.error().code == vault::Refused::unavailable;
    co_return end(link.ticket, is_down ? FileEnd::unavailable : FileEnd::link_gone);
  }
  note(link.ticket, "given", file.bytes.size());
  co_return file_response(std::move(file.bytes), link.ticket.name);
}

base::Coroutine<FileRoutes::Fetched> FileRoutes::fetch(const web::FileTicket& ticket) {
  Fetched file;
  auto handle = workspace::gmail::AttachmentHandle::parse(ticket.handle);
  if (!handle) {
    file.end = FileEnd::link_gone;
    co_return file;
  }
  TicketTokens tokens(ticket);
  workspace::gmail::AttachmentSource source(services_.api, services_.documents, tokens,
                                            std::move(*handle));
  const auto found = co_await source.find();
  if (!found) {
    file.end = end_of(found.error());
    co_return file;
  }
  auto bytes = co_await source.bytes();
  if (!bytes) {
    file.end = end_of(bytes.error());
    co_return file;
  }
  file.bytes = std::move(*bytes);
  co_return file;
}

http::Response FileRoutes::end(const web::FileTicket& ticket, FileEnd end) {
  note(ticket, web::word_for(end), 0);
  return door_.page(end);
}

void FileRoutes::note(const web::FileTicket& ticket, std::string_view outcome, std::size_t bytes) {
  if (ticket.session.grant.empty()) return;  // no link of ours: who guesses leaves no trail
  const std::string object = object_of(ticket.handle);
  services_.log.info("file link",
                     {{Field::reason, outcome},
                      {Field::user, std::string_view(ticket.user.str()).substr(0, kUserShown)},
                      {Field::client, std::string_view(ticket.client.str())},
                      {Field::object, std::string_view(object)},
                      {Field::bytes, static_cast<std::int64_t>(bytes)}});
}

}  // namespace gatehouse::gateway
