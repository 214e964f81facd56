// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/security_event_route.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::gateway {
namespace {

using identity::SecurityEventFault;
using telemetry::Field;

constexpr std::size_t kBodyBytesMax = 64 * 1024;
constexpr std::size_t kUserCharacters = 12;

// RFC 8935 section 2.4.
std::string_view wire_name(SecurityEventFault fault) {
  switch (fault) {
    case SecurityEventFault::malformed:
    case SecurityEventFault::time:
      return "invalid_request";
    case SecurityEventFault::unknown_key:
      return "invalid_key";
    case SecurityEventFault::issuer:
      return "invalid_issuer";
    case SecurityEventFault::audience:
      return "invalid_audience";
    case SecurityEventFault::signature:
      return "authentication_failed";
    case SecurityEventFault::provider_unreachable:
      break;
  }
  assert(false && "not told by this name");
  return "invalid_request";
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

http::Response come_again() {
  http::Response response = http::empty_response(503);
  response.with("Retry-After", "30").with("Cache-Control", "no-store");
  return response;
}

http::Response error_response(int status, std::string_view error, std::string_view description) {
  std::string body;
  base::JsonWriter json(body);
  json.begin_object().member("err", error).member("description", description).end_object();
  http::Response response = http::json_response(status, std::move(body));
  response.with("Content-Language", "en").with("Cache-Control", "no-store");
  return response;
}

}  // namespace

SecurityEventRoute::SecurityEventRoute(identity::SecurityEventReader& reader,
                                       vault::GrantVault& grants, telemetry::Log& log)
    : reader_(reader), grants_(grants), log_(log) {}

// The media type is not looked at: it proves nothing, and an event of Google's that is turned away
// is lost.
base::Coroutine<http::Response> SecurityEventRoute::handle(const http::Request& request) {
  if (request.body.size() > kBodyBytesMax) {
    telemetry::TracedLog(log_, request.trace)
        .info("security event refused",
              {{Field::reason, "too large"}, {Field::peer, request.peer}});
    co_return error_response(413, "invalid_request", "The event is too large.");
  }
  const std::string_view text = without_blanks(request.body);
  auto token = co_await reader_.read(text, request.trace);
  if (!token) co_return refuse(request, token.error());
  for (const identity::SecurityEvent& event : token->events) {
    const bool done = co_await act_on(request, event, token->happened_at);
    if (!done) co_return come_again();
  }
  co_return http::empty_response(202);
}

// False when it has to be tried again.
base::Coroutine<bool> SecurityEventRoute::act_on(const http::Request& request,
                                                 const identity::SecurityEvent& event,
                                                 base::SystemTime happened_at) {
  telemetry::TracedLog log(log_, request.trace);
  const std::string_view kind = identity::name_of(event.kind);
  if (event.user.empty() || !identity::ends_sessions(event.kind)) {
    log.info("security event noted",
             {{Field::reason, kind}, {Field::detail, std::string_view(event.reason)}});
    co_return true;
  }
  const std::string user = grants_.hashed(event.user).str().substr(0, kUserCharacters);
  auto ended = co_await grants_.end_everything_until(event.user, happened_at);
  if (!ended) {
    log.error("security event not acted on", {{Field::reason, kind},
                                              {Field::user, std::string_view(user)},
                                              {Field::detail, ended.error().detail}});
    co_return false;
  }
  log.audit(*ended ? "sessions ended by a security event" : "security event known already",
            {{Field::reason, kind},
             {Field::user, std::string_view(user)},
             {Field::detail, std::string_view(event.reason)}});
  co_return true;
}

http::Response SecurityEventRoute::refuse(const http::Request& request,
                                          const identity::SecurityEventRefusal& refusal) const {
  const bool is_transient = refusal.code == SecurityEventFault::provider_unreachable;
  telemetry::TracedLog(log_, request.trace)
      .write(is_transient ? telemetry::Level::warn : telemetry::Level::info,
             "security event refused",
             {{Field::reason, identity::name_of(refusal.code)},
              {Field::detail, std::string_view(refusal.detail)},
              {Field::peer, request.peer}});
  if (is_transient) return come_again();
  return error_response(400, wire_name(refusal.code), identity::name_of(refusal.code));
}

std::vector<http::Route> SecurityEventRoute::routes() {
  return {{http::Method::post, kSecurityEventPath, http::Access::open,
           [this](const http::Request& request) { return handle(request); }}};
}

}  // namespace gatehouse::gateway
