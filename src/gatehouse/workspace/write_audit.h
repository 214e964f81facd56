// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace {

// What the log says of one call that writes: who, through which client, what came of it. No address
// and no content.
struct WriteAudit {
  WriteAudit(std::string_view fixed_event, std::string_view tool_name)
      : event(fixed_event), tool(tool_name) {}

  // Without an outcome of our own the code of the refusal stands for it.
  void write(telemetry::Log& log, const Account& account, const mcp::ToolResult& result) const;

  std::string_view event;
  std::string_view tool;
  std::string_view outcome;
  std::string id;           // Google's, of what was written
  std::size_t count = 0;    // of recipients, or of the things that changed
  std::size_t outside = 0;  // of them, people outside the organisation
};

// One call of a tool that writes, logged. `Writing` is made of services, call and arguments; its
// attempt() does the work and its audit() tells of it.
template <class Writing, class Args>
base::Coroutine<mcp::ToolResult> run_audited(Services& services, mcp::ToolCall& call,
                                             const Args& args) {
  Writing writing(services, call, args);
  mcp::ToolResult result = co_await writing.attempt();
  writing.audit().write(services.log, account_of(call.caller), result);
  co_return result;
}

}  // namespace gatehouse::workspace
