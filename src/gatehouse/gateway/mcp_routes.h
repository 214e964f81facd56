// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/gateway/upstream_tokens.h"
#include "gatehouse/http/router.h"
#include "gatehouse/mcp/streamable_http.h"
#include "gatehouse/oauth/bearer_guard.h"

namespace gatehouse::gateway {

// `/mcp`: the bearer is proven first, on every method, then the engine answers (mcp.md order of
// checks: clients probe with requests that are otherwise invalid and expect 401 with a challenge).
class McpRoutes {
 public:
  McpRoutes(oauth::BearerGuard& guard, mcp::StreamableHttp& engine, UpstreamTokens& tokens);

  std::vector<http::Route> routes();

 private:
  base::Coroutine<http::Response> answer(const http::Request& request);

  oauth::BearerGuard& guard_;
  mcp::StreamableHttp& engine_;
  UpstreamTokens& tokens_;
};

}  // namespace gatehouse::gateway
