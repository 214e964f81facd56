// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/tool.h"

namespace gatehouse::mcp {

// A scope that the caller's token would need for a request.
struct MissingScope {
  std::string scope;      // everything that the request needs: what is offered names one scope
  std::string wanted_by;  // the name of the tool, prompt or resource
  // Whether the client's revision (2025-11-25 or later) and the transport let an HTTP status say
  // it.
  bool can_challenge = false;
};

// What the host makes of a missing scope. One of the three is what happens, the first that is set.
struct ScopeVerdict {
  ScopeVerdict() {}
  std::shared_ptr<const Caller> caller;     // the same principal, who has the scope by now
  std::optional<http::Response> challenge;  // status and headers; the body is the engine's
  ToolResult explanation;                   // text and structured; also where there are no tools
};

// Asked before anything is run. A judge that takes its time delays the request.
using ScopeJudge = std::function<base::Coroutine<ScopeVerdict>(std::shared_ptr<const Caller> caller,
                                                               MissingScope missing)>;

}  // namespace gatehouse::mcp
