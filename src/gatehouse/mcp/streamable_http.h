// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/server_info.h"
#include "gatehouse/mcp/state_sealer.h"
#include "gatehouse/mcp/tool_registry.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::mcp {

struct EngineOptions {
  std::chrono::seconds call_limit{60};  // a tool call is answered by then, whatever happens
  std::chrono::seconds session_lifetime{7 * 24 * 3600};
  std::chrono::milliseconds json_patience{
      1500};  // a POST not answered by then turns into an event stream, if accepted
  std::size_t batch_max = 50;             // messages in one batch of revision 2025-03-26
  std::size_t calls_per_caller_max = 16;  // at once; more are refused as busy
};

// The Streamable HTTP transport on one path, for the stateless revision 2026-07-28 and for the
// `initialize` family back to 2025-03-26, told apart by the body (docs/decisions). Origin, Host and
// bearer token have been checked before.
class StreamableHttp {
 public:
  StreamableHttp(const ToolRegistry& tools, ServerInfo info, EngineOptions options,
                 StateSealer& sealer, const base::Clock& clock, telemetry::Log& log);
  ~StreamableHttp();

  // POST, GET or DELETE.
  base::Coroutine<http::Response> handle(const http::Request& request,
                                         std::shared_ptr<const Caller> caller);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::mcp
