// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/mcp_routes.h"

#include <memory>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/gateway/caller_account.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::gateway {
namespace {

// For browser-based clients whose origin the front door let in. No cookies are ever involved. What
// one caller or one origin was told is never the answer to another, whatever stands between.
void address_to_caller(const http::Request& request, http::Response& response) {
  response.with("Vary", "Authorization, Origin");
  auto origin = request.header("origin");
  if (!origin) return;
  response.with("Access-Control-Allow-Origin", std::string(*origin));
  response.with("Access-Control-Expose-Headers",
                "WWW-Authenticate, Retry-After, Mcp-Session-Id, MCP-Protocol-Version");
}

// Before the engine has looked, so there is no id to answer to.
http::Response try_later(int status, std::string_view why, const std::string& seconds) {
  std::string body = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":")";
  body.append(why).append(" Nothing was done. Try again in ").append(seconds).append(R"( s."}})");
  http::Response response = http::json_response(status, std::move(body));
  response.with("Retry-After", seconds);
  response.with("Cache-Control", "no-store");
  return response;
}

CallAllowance::Limits requests_of_user() {
  CallAllowance::Limits limits;
  limits.burst = 6000;
  limits.per_second = 100;
  return limits;
}

// Of too many streams. A place is free as soon as another stream ends, so nobody knows when.
void say_when(http::Response& response) {
  for (const http::ResponseField& header : response.headers) {
    if (base::equal_ignoring_case(header.name, "Retry-After")) return;
  }
  response.with("Retry-After", "5");
}

base::Coroutine<http::Response> answer_preflight(const http::Request& request) {
  http::Response response = http::empty_response(204);
  address_to_caller(request, response);
  response.with("Access-Control-Allow-Methods", "POST, GET, DELETE, OPTIONS");
  // Browsers do not let `*` cover Authorization, and parameter headers are named by tools.
  std::string allowed =
      "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, "
      "Mcp-Name, Last-Event-ID";
  response.with("Access-Control-Allow-Headers", std::move(allowed));
  response.with("Access-Control-Max-Age", "7200");
  co_return response;
}

}  // namespace

McpRoutes::McpRoutes(oauth::BearerGuard& guard, mcp::StreamableHttp& engine, mcp::LegacySse& sse,
                     UpstreamTokens& tokens, ScopeJudge& judge, AddressLimits& limits,
                     bool requests_cost, const base::Clock& clock, telemetry::Log& log)
    : guard_(guard),
      engine_(engine),
      sse_(sse),
      tokens_(tokens),
      judge_(judge),
      limits_(limits),
      requests_cost_(requests_cost),
      log_(log),
      allowance_({}, clock),
      requests_(requests_of_user(), clock),
      load_({}) {}

base::Coroutine<http::Response> McpRoutes::answer(const http::Request& request,
                                                  oauth::Endpoint endpoint, Inside inside) {
  auto admitted = co_await guard_.admit(request, endpoint);
  if (admitted && admitted->grant->awaits_account()) {
    const bool fetched =
        co_await judge_.fetch(*admitted->grant, admitted->access_token, request.trace);
    if (fetched) {
      admitted = co_await guard_.admit(request, endpoint);
    }
  }
  if (!admitted) {
    http::Response refusal = refused_token(request, admitted.error());
    address_to_caller(request, refusal);
    co_return refusal;
  }
  std::optional<http::Response> too_much = too_many(request, *admitted->grant);
  if (too_much) {
    address_to_caller(request, *too_much);
    co_return std::move(*too_much);
  }
  std::optional<LoadLimit::Share> share = load_.admit(request.body.size());
  if (!share) {
    telemetry::TracedLog log(log_, request.trace);
    log.warn("request refused",
             {{telemetry::Field::status, 503}, {telemetry::Field::reason, "too much under way"}});
    http::Response full = try_later(503, "The server is busy.", "1");
    address_to_caller(request, full);
    co_return full;
  }
  const vault::LiveGrantPtr grant = admitted->grant;
  streams_.follow(*grant);
  base::Secret bearer = base::Secret::copy_of(admitted->access_token);
  std::shared_ptr<const mcp::Caller> caller =
      std::make_shared<CallerAccount>(std::move(admitted->grant), std::move(bearer), tokens_,
                                      judge_, std::move(*share), request.trace);
  base::Coroutine<http::Response> work = (this->*inside)(request, caller);
  http::Response response = co_await std::move(work);
  if (response.stream) streams_.add(*grant, response.stream);
  if (response.status == 429) say_when(response);
  address_to_caller(request, response);
  co_return response;
}

// Only who shows tokens is counted: without one every client begins.
http::Response McpRoutes::refused_token(const http::Request& request, http::Response refusal) {
  using Kind = oauth::PresentedToken::Kind;
  if (refusal.status != 401) return refusal;
  if (oauth::presented_token(request).kind == Kind::none) return refusal;
  const auto wait = limits_.count_bad_token(request);
  if (!wait) return refusal;
  return try_later(429, "Too many refused tokens from this address.",
                   std::to_string(wait->count()));
}

std::optional<http::Response> McpRoutes::too_many(const http::Request& request,
                                                  const vault::LiveGrant& grant) {
  const std::size_t calls = calls_at_most(request);
  const std::string& user = grant.user.str();
  std::optional<std::chrono::seconds> wait;
  if (calls > 0) wait = allowance_.take(user, calls);
  if (!wait && requests_cost_) wait = requests_.take(user, 1);
  if (!wait) return std::nullopt;
  const std::string seconds = std::to_string(wait->count());
  telemetry::TracedLog log(log_, request.trace);
  log.info("calls refused", {{telemetry::Field::reason, "too many"},
                             {telemetry::Field::count, static_cast<std::int64_t>(calls)},
                             {telemetry::Field::user, std::string_view(user).substr(0, 12)}});
  return try_later(
      429, calls > 0 ? "Too many calls of tools by this user." : "Too many requests by this user.",
      seconds);
}

// Handed through, not awaited: no frame of their own.
base::Coroutine<http::Response> McpRoutes::streamable(const http::Request& request,
                                                      std::shared_ptr<const mcp::Caller> caller) {
  return engine_.handle(request, std::move(caller));
}
base::Coroutine<http::Response> McpRoutes::stream(const http::Request& request,
                                                  std::shared_ptr<const mcp::Caller> caller) {
  return sse_.open(request, std::move(caller));
}
base::Coroutine<http::Response> McpRoutes::message(const http::Request& request,
                                                   std::shared_ptr<const mcp::Caller> caller) {
  return sse_.receive(request, std::move(caller));
}

void McpRoutes::add(std::vector<http::Route>& routes, const char* path, oauth::Endpoint endpoint,
                    Inside inside) {
  http::Handler handler = [this, endpoint, inside](const http::Request& request) {
    return answer(request, endpoint, inside);
  };
  for (http::Method method :
       {http::Method::post, http::Method::get, http::Method::del, http::Method::head}) {
    routes.push_back({method, path, http::Access::bearer, handler});
  }
  routes.push_back({http::Method::options, path, http::Access::open, answer_preflight});
}

std::vector<http::Route> McpRoutes::routes() {
  std::vector<http::Route> routes;
  // A trailing slash is a common spelling, and redirects would lose the token.
  for (const char* path : {"/mcp", "/mcp/"})
    add(routes, path, oauth::Endpoint::mcp, &McpRoutes::streamable);
  for (const char* path : {"/sse", "/sse/"})
    add(routes, path, oauth::Endpoint::sse, &McpRoutes::stream);
  add(routes, "/messages", oauth::Endpoint::sse, &McpRoutes::message);
  return routes;
}

}  // namespace gatehouse::gateway
