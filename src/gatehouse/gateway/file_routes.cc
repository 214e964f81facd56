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
#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/web/upload_form.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/attachment_source.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::gateway {
namespace {

using google::ApiFault;
using telemetry::Field;
using telemetry::TracedLog;
using web::FileEnd;

constexpr std::size_t kUserShown = 12;
constexpr std::size_t kHashShown = 10;
// Beside its bytes, whatever Google says of their number.
constexpr std::size_t kFileRoom = 64 * 1024;
// What a form or a request's head takes beside the file.
constexpr std::size_t kFormRoom = 64 * 1024;
constexpr std::string_view kFormPurpose = "file-upload";

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

bool is_from_page(const http::Request& request) {
  return request.header_count("Origin") > 0 || request.header_count("Sec-Fetch-Site") > 0;
}

// As ReadAudit names it: by the mail that holds it. Empty of what has no mail yet.
std::string object_of(std::string_view handle) {
  if (handle.empty()) return "";
  const crypto::Sha256 digest = crypto::sha256(handle.substr(0, handle.find('/')));
  return base::hex_encode(crypto::view(digest)).substr(0, kHashShown);
}

}  // namespace

struct FileRoutes::Fetched {
  Fetched() {}
  std::string bytes;
  std::optional<FileEnd> end;  // why there are none
};

void allow_uploads(http::ServerLimits& limits) {
  limits.large_body_path = web::kFilesPath;
  limits.large_body_bytes_max = web::kLinkedFileBytesMax + kFormRoom;
  limits.large_bodies_bytes_max = 2 * (limits.large_body_bytes_max + kFormRoom);
  limits.too_large_text =
      web::file_end_text(FileEnd::too_large, telemetry::RequestTrace::none()).body;
}

FileRoutes::FileRoutes(web::FileDoor& door, web::FileTickets& tickets, web::UploadNotes& notes,
                       const vault::SealedState& seals, ClientName client_name,
                       workspace::Services& services, std::size_t unsent_bytes_max,
                       UnsentBytes unsent_bytes)
    : door_(door),
      tickets_(tickets),
      notes_(notes),
      seals_(seals),
      client_name_(std::move(client_name)),
      services_(services),
      unsent_bytes_(std::move(unsent_bytes)),
      under_way_(unsent_bytes_max),
      unsent_bytes_max_(unsent_bytes_max) {}

std::vector<http::Route> FileRoutes::routes() {
  std::vector<http::Route> routes;
  const std::string path = std::string(web::kFilesPath) + "*";
  routes.push_back({http::Method::get, path, http::Access::browser,
                    [this](const http::Request& request) { return get(request); }});
  routes.push_back({http::Method::put, path, http::Access::open,
                    [this](const http::Request& request) { return put(request); }});
  routes.push_back({http::Method::post, path, http::Access::browser,
                    [this](const http::Request& request) { return post(request); }});
  return routes;
}

// Of a form as of a program: the ticket has to be good. A browser's session is the route's to
// judge, which may send the person to sign in.
base::Coroutine<bool> FileRoutes::wants_body(const http::Request& request) {
  if (request.method == http::Method::put && is_from_page(request)) co_return false;
  const auto knock = co_await door_.knock_without_browser(request);
  if (knock.end == FileEnd::unavailable) co_return true;
  co_return !knock.end && knock.link.ticket.kind == web::FileTicket::Kind::upload;
}

base::Coroutine<http::Response> FileRoutes::get(const http::Request& request) {
  if (request.method == http::Method::head) co_return head_response();
  if (web::is_prefetch(request)) co_return http::empty_response(503);
  auto knock = co_await door_.knock(request);
  if (knock.sign_in) co_return std::move(*knock.sign_in);
  if (knock.end) co_return end(request, knock.link.ticket, *knock.end);
  if (knock.link.ticket.kind == web::FileTicket::Kind::upload) {
    http::Response form = co_await ask_for_file(request, knock);
    co_return form;
  }
  http::Response response = co_await give(request, knock.link);
  co_return response;
}

base::Coroutine<http::Response> FileRoutes::ask_for_file(const http::Request& request,
                                                         const web::FileDoor::Knock& knock) {
  const web::FileTicket& ticket = knock.link.ticket;
  const std::string name = co_await client_name_(ticket.client, request.trace);
  const std::string sealed =
      seals_.seal(kFormPurpose, knock.browser.id, web::ticket_of(request), web::kFileLinkLifetime);
  const web::Page page = web::file_form_page(door_.settings(), ticket.name, name,
                                             knock.browser.email, request.path, sealed);
  co_return web::page_response(page);
}

// The link alone lets a program put a file, so that it works without cookies; a browser sends
// cookies and what strangers' pages say, and is to use the form.
base::Coroutine<http::Response> FileRoutes::put(const http::Request& request) {
  if (is_from_page(request)) co_return web::file_end_text(FileEnd::from_page, request.trace);
  auto knock = co_await door_.knock_without_browser(request);
  const web::FileTicket& ticket = knock.link.ticket;
  if (!knock.end && ticket.kind != web::FileTicket::Kind::upload) knock.end = FileEnd::wrong_way;
  if (!knock.end && request.body.empty()) knock.end = FileEnd::no_file;
  if (!knock.end && request.body.size() > web::kLinkedFileBytesMax) knock.end = FileEnd::too_large;
  if (!knock.end) {
    const workspace::gmail::BroughtFile file{ticket.name, ticket.mime, request.body};
    knock.end = co_await store(request, knock.link, file);
  }
  note(request, ticket, web::word_for(*knock.end), request.body.size());
  co_return web::file_end_text(*knock.end, request.trace);
}

base::Coroutine<http::Response> FileRoutes::post(const http::Request& request) {
  auto knock = co_await door_.knock(request);
  if (knock.sign_in) co_return std::move(*knock.sign_in);
  if (knock.end) co_return end(request, knock.link.ticket, *knock.end);
  const web::FileTicket& ticket = knock.link.ticket;
  if (ticket.kind != web::FileTicket::Kind::upload)
    co_return end(request, ticket, FileEnd::wrong_way);
  if (!web::is_from_our_page(request, door_.settings().public_url))
    co_return end(request, ticket, FileEnd::form_rejected);
  const auto form = web::upload_form(request);
  if (!form) co_return end(request, ticket, FileEnd::no_file);
  const auto sealed = seals_.open(kFormPurpose, knock.browser.id, form->form);
  if (!sealed || *sealed != web::ticket_of(request))
    co_return end(request, ticket, FileEnd::form_rejected);
  if (form->bytes.empty()) co_return end(request, ticket, FileEnd::no_file);
  if (form->bytes.size() > web::kLinkedFileBytesMax)
    co_return end(request, ticket, FileEnd::too_large);
  workspace::gmail::BroughtFile file{ticket.name, "", form->bytes};
  if (!form->file_name.empty()) file.name = workspace::clean_file_name(form->file_name);
  if (workspace::gmail::is_upload_type(form->mime)) file.mime = form->mime;
  const FileEnd how = co_await store(request, knock.link, file);
  note(request, ticket, web::word_for(how), form->bytes.size());
  co_return door_.page(request, how);
}

// Used up first: a draft is not to be written twice. What certainly came to nothing makes the link
// good again.
base::Coroutine<FileEnd> FileRoutes::store(const http::Request& request,
                                           const web::FileTickets::Opened& link,
                                           const workspace::gmail::BroughtFile& file) {
  const auto taken = co_await tickets_.take(link);
  if (!taken) {
    const bool is_down = taken.error().code == vault::Refused::unavailable;
    co_return is_down ? FileEnd::unavailable : FileEnd::link_gone;
  }
  TicketTokens tokens(link.ticket, request.trace);
  auto draft = co_await workspace::gmail::store_upload(services_, tokens, file);
  const std::string_view text = web::ticket_of(request);
  if (!draft && draft.error().code == ApiFault::outcome_unknown) co_return FileEnd::unknown;
  if (!draft) {
    const auto back = co_await tickets_.put_back(text, link.ticket);
    TracedLog log(services_.log, request.trace);
    if (!back) log.warn("file link lost", {{Field::detail, back.error().detail}});
    const bool is_gone = draft.error().code == ApiFault::not_found_or_no_access;
    co_return is_gone ? FileEnd::google_refused : end_of(draft.error());
  }
  web::StoredUpload stored;
  stored.draft_id = std::move(draft->draft_id);
  stored.message_id = std::move(draft->message_id);
  stored.part_id = std::move(draft->part_id);
  stored.sha256 = std::move(draft->sha256);
  stored.name = file.name;
  stored.size = file.bytes.size();
  const std::string handle = web::upload_handle_for(text);
  const FileEnd how = co_await remember(request, link.ticket, handle, stored);
  co_return how;
}

base::Coroutine<FileEnd> FileRoutes::remember(const http::Request& request,
                                              const web::FileTicket& ticket,
                                              const std::string& handle,
                                              const web::StoredUpload& stored) {
  const auto noted = co_await notes_.finish(handle, stored);
  if (noted) co_return FileEnd::uploaded;
  TracedLog log(services_.log, request.trace);
  log.error("upload not noted", {{Field::detail, noted.error().detail}});
  TicketTokens tokens(ticket, request.trace);
  const google::ApiCall call = workspace::gmail::delete_draft(stored.draft_id);
  const auto deleted = co_await services_.api.call(tokens, call);
  if (!deleted) log.warn("upload left behind", {{Field::object, stored.draft_id}});
  co_return FileEnd::unavailable;
}

base::Coroutine<http::Response> FileRoutes::give(const http::Request& request,
                                                 const web::FileTickets::Opened& link) {
  // What is cut on its way out would be lost with its link.
  http::ByteBudget::Share share = under_way_.share();
  const std::size_t room = link.ticket.size + kFileRoom;
  const bool has_room = unsent_bytes_() + under_way_.bytes() + room <= unsent_bytes_max_;
  if (!has_room || !share.resize(room)) co_return end(request, link.ticket, FileEnd::busy);
  Fetched file = co_await fetch(request, link.ticket);
  if (file.end) co_return end(request, link.ticket, *file.end);
  const auto taken = co_await tickets_.take(link);
  if (!taken) {
    const bool is_down = taken.error().code == vault::Refused::unavailable;
    co_return end(request, link.ticket, is_down ? FileEnd::unavailable : FileEnd::link_gone);
  }
  note(request, link.ticket, "given", file.bytes.size());
  co_return file_response(std::move(file.bytes), link.ticket.name);
}

base::Coroutine<FileRoutes::Fetched> FileRoutes::fetch(const http::Request& request,
                                                       const web::FileTicket& ticket) {
  Fetched file;
  auto handle = workspace::gmail::AttachmentHandle::parse(ticket.handle);
  if (!handle) {
    file.end = FileEnd::link_gone;
    co_return file;
  }
  TicketTokens tokens(ticket, request.trace);
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

http::Response FileRoutes::end(const http::Request& request, const web::FileTicket& ticket,
                               FileEnd end) {
  note(request, ticket, web::word_for(end), 0);
  return door_.page(request, end);
}

void FileRoutes::note(const http::Request& request, const web::FileTicket& ticket,
                      std::string_view outcome, std::size_t bytes) {
  if (ticket.session.grant.empty()) return;  // no link of ours: who guesses leaves no trail
  const std::string object = object_of(ticket.handle);
  TracedLog(services_.log, request.trace)
      .audit("file link", {{Field::reason, outcome},
                           {Field::user, std::string_view(ticket.user.str()).substr(0, kUserShown)},
                           {Field::client, std::string_view(ticket.client.str())},
                           {Field::object, std::string_view(object)},
                           {Field::bytes, static_cast<std::int64_t>(bytes)}});
}

}  // namespace gatehouse::gateway
