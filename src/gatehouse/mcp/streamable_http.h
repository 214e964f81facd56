// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
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

struct Engine;

struct EngineOptions {
  std::chrono::seconds call_limit{60};  // a tool call is answered by then, whatever happens
  std::chrono::seconds session_lifetime{7 * 24 * 3600};
  // A POST not answered by then turns into an event stream, if the client accepts one.
  std::chrono::milliseconds json_patience{1500};
  std::size_t batch_max = 50;               // messages in one batch of revision 2025-03-26
  std::size_t calls_per_caller_max = 16;    // at once; more are refused as busy
  std::size_t streams_per_caller_max = 32;  // long-lived streams at once; more get 429
  // Answers a call of a tool whose scope the caller lacks, such as 403 with a challenge. Without
  // it, and inside batches, the call gets a tool error that says what is missing.
  std::function<http::Response(const Caller&, const Tool&)> on_missing_scope = nullptr;
};

// The Streamable HTTP transport on one path, for the stateless revision 2026-07-28 and for the
// `initialize` family before it, told apart by the body (docs/decisions/0003). Origin, Host and
// bearer token have been checked before.
class StreamableHttp {
 public:
  StreamableHttp(const ToolRegistry& tools, ServerInfo info, EngineOptions options,
                 StateSealer& sealer, const base::Clock& clock, telemetry::Log& log);
  ~StreamableHttp();

  // POST, GET or DELETE. Runs on the loop of the awaiting coroutine. Tool calls may outlive it:
  // tools, sealer and log must live as long as the loop runs.
  base::Coroutine<http::Response> handle(const http::Request& request,
                                         std::shared_ptr<const Caller> caller);

  // For shutdown: says good-bye on every long-lived stream and ends it.
  void end_streams();
  // Of those there are, on both transports.
  std::size_t stream_count() const;

  // For the other transport, which shares it.
  std::shared_ptr<Engine> engine() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::mcp
