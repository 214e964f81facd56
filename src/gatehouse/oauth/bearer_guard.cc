// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/bearer_guard.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/oauth/wire_error.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::oauth {
namespace {

using telemetry::Field;

constexpr std::string_view kScheme = "bearer";
constexpr std::string_view kQueryParameter = "access_token=";

bool has_token_in_query(std::string_view query) {
  while (!query.empty()) {
    if (query.starts_with(kQueryParameter)) return true;
    const std::size_t end = query.find('&');
    if (end == std::string_view::npos) return false;
    query.remove_prefix(end + 1);
  }
  return false;
}

std::size_t index_of(Endpoint endpoint) { return endpoint == Endpoint::mcp ? 0 : 1; }

std::string_view word_for(vault::Refused code) {
  switch (code) {
    case vault::Refused::malformed:
      return "malformed";
    case vault::Refused::unknown:
      return "unknown";
    case vault::Refused::expired:
      return "expired";
    case vault::Refused::replayed:
      return "replayed";
    case vault::Refused::ended:
      return "ended";
    case vault::Refused::tampered:
      return "tampered";
    case vault::Refused::unavailable:
      return "unavailable";
  }
  return "unknown";
}

http::Response challenge_response(int status, const char* error, const std::string& challenge) {
  std::string body = "{\"error\":\"";
  body.append(error).append("\"}");
  http::Response response = http::json_response(status, std::move(body));
  response.with("WWW-Authenticate", challenge);
  response.with("Cache-Control", "no-store");
  return response;
}

}  // namespace

PresentedToken presented_token(const http::Request& request) {
  using Kind = PresentedToken::Kind;
  if (has_token_in_query(request.query)) return {Kind::ambiguous, {}};
  const auto header = request.header("Authorization");
  if (!header) {
    return {request.header_count("Authorization") > 1 ? Kind::ambiguous : Kind::none, {}};
  }
  const std::size_t space = header->find(' ');
  if (!base::equal_ignoring_case(header->substr(0, space), kScheme)) return {Kind::none, {}};
  const std::string_view value =
      space == std::string_view::npos ? std::string_view() : base::trim(header->substr(space));
  return {Kind::bearer, value};
}

BearerGuard::BearerGuard(const AuthorizationServerSettings& settings, vault::GrantVault& grants,
                         telemetry::Log& log,
                         std::function<bool(const http::Request&)> worth_a_line)
    : settings_(settings),
      grants_(grants),
      log_(log),
      worth_a_line_(std::move(worth_a_line)),
      resource_(settings.resource()) {
  for (const Endpoint endpoint : {Endpoint::mcp, Endpoint::sse}) {
    missing_challenges_[index_of(endpoint)] = missing_token_challenge(settings, endpoint);
    invalid_challenges_[index_of(endpoint)] = invalid_token_challenge(settings, endpoint);
  }
}

base::Coroutine<base::Result<Admitted, http::Response>> BearerGuard::admit(
    const http::Request& request, Endpoint endpoint) {
  const PresentedToken token = presented_token(request);
  if (token.kind == PresentedToken::Kind::none) {
    // How every client begins.
    telemetry::TracedLog log(log_, request.trace);
    log.debug("no token", {{Field::route, request.route}, {Field::peer, request.peer}});
    co_return missing_token(endpoint);
  }
  if (token.kind == PresentedToken::Kind::ambiguous) {
    note(request, "ambiguous", {});
    co_return invalid_token(endpoint);
  }

  auto grant = co_await grants_.authenticate(token.value, request.trace);
  if (!grant) {
    const vault::RefusedError& refused = grant.error();
    note(request, word_for(refused.code), refused.detail);
    if (refused.code != vault::Refused::unavailable) co_return invalid_token(endpoint);
    const Rejection unavailable{Reason::temporarily_unavailable, "try again in a moment"};
    co_return error_response(unavailable);
  }
  if ((*grant)->resource != resource_) {
    note(request, "another resource", {});
    co_return invalid_token(endpoint);
  }
  Admitted admitted;
  admitted.grant = std::move(*grant);
  admitted.access_token = token.value;
  co_return admitted;
}

void BearerGuard::note(const http::Request& request, std::string_view reason,
                       std::string_view detail) const {
  if (worth_a_line_ && !worth_a_line_(request)) return;
  telemetry::TracedLog log(log_, request.trace);
  const telemetry::LogField why{Field::reason, reason};
  const telemetry::LogField peer{Field::peer, request.peer};
  if (detail.empty()) return log.info("token refused", {why, peer});
  log.info("token refused", {why, {Field::detail, detail}, peer});
}

http::Response BearerGuard::insufficient_scope(Endpoint endpoint, const Scopes& needed) const {
  return challenge_response(403, "insufficient_scope",
                            insufficient_scope_challenge(settings_, endpoint, needed));
}

http::Response BearerGuard::missing_token(Endpoint endpoint) const {
  return challenge_response(401, "unauthorized", missing_challenges_[index_of(endpoint)]);
}

http::Response BearerGuard::invalid_token(Endpoint endpoint) const {
  return challenge_response(401, "invalid_token", invalid_challenges_[index_of(endpoint)]);
}

}  // namespace gatehouse::oauth
