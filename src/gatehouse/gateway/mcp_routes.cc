// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/mcp_routes.h"

#include <memory>
#include <utility>

#include "gatehouse/gateway/caller_account.h"

namespace gatehouse::gateway {
namespace {

// For browser-based clients whose origin the front door let in. No cookies are ever involved.
void allow_browser_client(const http::Request& request, http::Response& response) {
  auto origin = request.header("origin");
  if (!origin) return;
  response.with("Access-Control-Allow-Origin", std::string(*origin));
  response.with("Access-Control-Expose-Headers",
                "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version");
}

base::Coroutine<http::Response> answer_preflight(const http::Request& request) {
  http::Response response = http::empty_response(204);
  allow_browser_client(request, response);
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

McpRoutes::McpRoutes(oauth::BearerGuard& guard, mcp::StreamableHttp& engine, UpstreamTokens& tokens)
    : guard_(guard), engine_(engine), tokens_(tokens) {}

base::Coroutine<http::Response> McpRoutes::answer(const http::Request& request) {
  auto admitted = co_await guard_.admit(request, oauth::Endpoint::mcp);
  if (!admitted) {
    http::Response refusal = admitted.error();
    allow_browser_client(request, refusal);
    co_return refusal;
  }
  base::Secret bearer = base::Secret::copy_of(admitted->access_token);
  std::shared_ptr<const mcp::Caller> caller =
      std::make_shared<CallerAccount>(std::move(admitted->grant), std::move(bearer), tokens_);
  http::Response response = co_await engine_.handle(request, caller);
  // What one caller was told is never the answer to another, whatever stands between.
  response.with("Vary", "Authorization");
  allow_browser_client(request, response);
  co_return response;
}

std::vector<http::Route> McpRoutes::routes() {
  http::Handler handler = [this](const http::Request& request) { return answer(request); };
  std::vector<http::Route> routes;
  for (http::Method method :
       {http::Method::post, http::Method::get, http::Method::del, http::Method::head}) {
    // A trailing slash is a common spelling, and redirects would lose the token.
    for (const char* path : {"/mcp", "/mcp/"})
      routes.push_back({method, path, http::Access::bearer, handler});
  }
  routes.push_back({http::Method::options, "/mcp", http::Access::open, answer_preflight});
  routes.push_back({http::Method::options, "/mcp/", http::Access::open, answer_preflight});
  return routes;
}

}  // namespace gatehouse::gateway
