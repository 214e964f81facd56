// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "fixture_tool.h"

namespace gatehouse::conformance {
namespace {

using mcp::ToolCall;
using mcp::ToolResult;

constexpr std::chrono::milliseconds kStep(50);

base::Coroutine<ToolResult> progress(ToolCall& call) {
  const base::Pause pause = base::pause_on_timer();
  call.report_progress(0, 100, "");
  co_await pause(kStep);
  call.report_progress(50, 100, "");
  co_await pause(kStep);
  call.report_progress(100, 100, "");
  co_return mcp::tool_text("All steps are done");
}

base::Coroutine<ToolResult> logging(ToolCall& call) {
  const base::Pause pause = base::pause_on_timer();
  for (const char* line :
       {"Tool execution started", "Tool processing data", "Tool execution completed"}) {
    call.log(mcp::LogLevel::info, "fixture", "\"" + std::string(line) + "\"");
    co_await pause(kStep);
  }
  co_return mcp::tool_text("Logged three lines");
}

// The client's connection is let go and comes back for the answer.
base::Coroutine<ToolResult> reconnection(ToolCall& call) {
  const base::Pause pause = base::pause_on_timer();
  call.hang_up();
  co_await pause(2 * kStep);
  co_return mcp::tool_text("Delivered after the connection was let go");
}

}  // namespace

void add_progress_tools(mcp::ToolRegistry& tools) {
  tools.add(make_tool("test_tool_with_progress", "Reports 0, 50 and 100 of 100", &progress));
  tools.add(make_tool("test_tool_with_logging", "Logs three lines", &logging));
  tools.add(make_tool("test_logging_tool", "Logs three lines, if wanted", &logging));
  tools.add(make_tool("test_reconnection", "Answers on another connection", &reconnection));
}

}  // namespace gatehouse::conformance
