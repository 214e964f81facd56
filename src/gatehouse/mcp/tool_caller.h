// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/json.h"
#include "gatehouse/base/task.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/exchange.h"
#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/state_sealer.h"
#include "gatehouse/mcp/tool.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::mcp {

// Everything one `tools/call` needs, owned, because the call may outlive its HTTP request.
struct CallRequest {
  CallRequest(const Tool& called, std::shared_ptr<const Caller> who,
              std::shared_ptr<const base::JsonDocument> body)
      : tool(&called), caller(std::move(who)), document(std::move(body)) {}
  const Tool* tool;
  std::shared_ptr<const Caller> caller;
  std::shared_ptr<const base::JsonDocument> document;  // keeps `arguments` and `progress_token`
  base::JsonValue arguments;
  base::JsonValue progress_token;  // string or integer; null: no progress wanted
  std::string id_json;
  std::string session_key;  // empty in the stateless revision
  Revision revision = kModern;
  std::string result_tail;  // JSON members that end every result, with their leading comma
};

// Runs tool calls: bounded in number per principal and in time, cancellable. Every call started
// settles its exchange exactly once. Calls under way survive this object, but not the tools and the
// sealer.
class ToolCaller {
 public:
  struct Limits {
    std::chrono::milliseconds call;
    std::size_t calls_per_caller_max;
  };
  ToolCaller(Limits limits, StateSealer& sealer, telemetry::Log& log);
  ~ToolCaller();

  // Owes the answer to `exchange` and delivers it: at once when the caller has too many calls under
  // way.
  void start(const base::Executor& executor, CallRequest request,
             std::shared_ptr<Exchange> exchange);

  // Calls of that session with that id are not answered any more, and their tools are told.
  void cancel(const std::string& principal, std::string_view session_key, std::string_view id_json);
  // The same for all calls of an exchange.
  void abandon(const Exchange& exchange);

 private:
  class Call;
  struct State;
  std::shared_ptr<State> state_;
};

// The `result` of a call in a revision's form.
std::string tool_result_json(const ToolResult& result, const Tool& tool, Revision revision,
                             std::string_view result_tail);

}  // namespace gatehouse::mcp
