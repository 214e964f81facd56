// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/gateway/address_limits.h"
#include "gatehouse/gateway/call_allowance.h"
#include "gatehouse/gateway/load_limit.h"
#include "gatehouse/gateway/scope_judge.h"
#include "gatehouse/gateway/upstream_tokens.h"
#include "gatehouse/gateway/user_streams.h"
#include "gatehouse/http/router.h"
#include "gatehouse/mcp/legacy_sse.h"
#include "gatehouse/mcp/streamable_http.h"
#include "gatehouse/oauth/bearer_guard.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// `/mcp`, and `/sse` with `/messages`: the bearer is proven first, on every method, then the engine
// answers (mcp.md order of checks: clients probe with requests that are otherwise invalid and
// expect 401 with a challenge). Who calls tools in a loop, and
// everybody when too much is under way, is told to come back before the engine looks.
class McpRoutes {
 public:
  // `requests_cost` when each request of a proven caller is paid for, as at a table of a cloud:
  // then they are limited by user as well.
  McpRoutes(oauth::BearerGuard& guard, mcp::StreamableHttp& engine, mcp::LegacySse& sse,
            UpstreamTokens& tokens, ScopeJudge& judge, AddressLimits& limits, bool requests_cost,
            const base::Clock& clock, telemetry::Log& log);

  std::vector<http::Route> routes();
  UserStreams& streams() { return streams_; }

 private:
  using Inside = base::Coroutine<http::Response> (McpRoutes::*)(const http::Request&,
                                                                std::shared_ptr<const mcp::Caller>);

  base::Coroutine<http::Response> answer(const http::Request& request, oauth::Endpoint endpoint,
                                         Inside inside);
  http::Response refused_token(const http::Request& request, http::Response refusal);
  std::optional<http::Response> too_many(const http::Request& request,
                                         const vault::LiveGrant& grant);
  base::Coroutine<http::Response> streamable(const http::Request& request,
                                             std::shared_ptr<const mcp::Caller> caller);
  base::Coroutine<http::Response> stream(const http::Request& request,
                                         std::shared_ptr<const mcp::Caller> caller);
  base::Coroutine<http::Response> message(const http::Request& request,
                                          std::shared_ptr<const mcp::Caller> caller);
  void add(std::vector<http::Route>& routes, const char* path, oauth::Endpoint endpoint,
           Inside inside);

  oauth::BearerGuard& guard_;
  mcp::StreamableHttp& engine_;
  mcp::LegacySse& sse_;
  UpstreamTokens& tokens_;
  ScopeJudge& judge_;
  AddressLimits& limits_;
  const bool requests_cost_;
  telemetry::Log& log_;
  CallAllowance allowance_;
  CallAllowance requests_;
  LoadLimit load_;
  UserStreams streams_;
};

}  // namespace gatehouse::gateway
