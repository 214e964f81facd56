// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fixture.h"
#include "fixture_tool.h"

// Tools of the scenarios on the tasks extension.
namespace gatehouse::conformance {
namespace {

using mcp::TaskSupport;
using mcp::ToolCall;
using mcp::ToolResult;

constexpr std::chrono::milliseconds kStep(50);
constexpr const char* kConfirm =
    R"({"type":"object","properties":{"confirm":{"type":"boolean"}},"required":["confirm"]})";
constexpr const char* kName =
    R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";

base::Coroutine<ToolResult> greet(ToolCall& call) {
  co_return mcp::tool_text("Hello, " + text_argument(call, "name") + "!");
}

base::Coroutine<ToolResult> slow_compute(ToolCall& call) {
  const auto seconds = call.arguments.find("seconds");
  const double wanted = seconds ? seconds->as_number().value_or(1) : 1;
  if (wanted > 0) call.become_task();
  const base::Pause pause = base::pause_on_timer();
  const auto steps = static_cast<int>(std::clamp(wanted, 0.0, 60.0) * 20);
  for (int i = 0; i < steps && !call.cancelled(); ++i) co_await pause(kStep);
  co_return mcp::tool_text("Computed");
}

base::Coroutine<ToolResult> failing_job(ToolCall& call) {
  call.become_task();
  const base::Pause pause = base::pause_on_timer();
  co_await pause(20 * kStep);
  co_return mcp::tool_error("The job failed");
}

base::Coroutine<ToolResult> protocol_error_job(ToolCall& call) {
  call.become_task();
  const base::Pause pause = base::pause_on_timer();
  co_await pause(kStep);
  ToolResult result;
  result.protocol_error = mcp::RpcError(mcp::RpcCode::internal, "The job broke");
  co_return result;
}

base::Coroutine<ToolResult> confirm_delete(ToolCall& call) {
  call.become_task();
  const auto answer = call.input("confirm");
  const auto elicited = answer ? mcp::read_elicited(*answer) : std::nullopt;
  if (!elicited) co_return mcp::tool_needs({{form("confirm", "Delete it?", kConfirm)}, ""});
  const bool yes = elicited->content.find_bool("confirm").value_or(false);
  co_return mcp::tool_text(yes ? "Deleted" : "Kept");
}

base::Coroutine<ToolResult> multi_input(ToolCall& call) {
  call.become_task();
  if (!call.input("first") || !call.input("second")) {
    co_return mcp::tool_needs(
        {{form("first", "First name?", kName), form("second", "Second name?", kName)}, ""});
  }
  co_return mcp::tool_text("Hello, " + entered(call, "first", "name") + " " +
                           entered(call, "second", "name"));
}

// Asks on the request, and becomes a task when it has what it needs.
base::Coroutine<ToolResult> tool_with_task(ToolCall& call) {
  const std::string name = entered(call, "user_name", "name");
  if (name.empty())
    co_return mcp::tool_needs({{form("user_name", "What is your name?", kName)}, ""});
  call.become_task();
  const base::Pause pause = base::pause_on_timer();
  co_await pause(4 * kStep);
  co_return mcp::tool_text("Hello, " + name + "!");
}

}  // namespace

void add_task_tools(mcp::ToolRegistry& tools) {
  const auto add = [&tools](const char* name, const char* description, mcp::ToolHandler handler,
                            TaskSupport support) {
    mcp::Tool tool = make_tool(name, description, std::move(handler), R"({"type":"object"})");
    tool.tasks = support;
    tools.add(std::move(tool));
  };
  add("greet", "Greets at once", &greet, TaskSupport::forbidden);
  add("slow_compute", "Takes so many seconds", &slow_compute, TaskSupport::optional);
  add("failing_job", "Fails after a second", &failing_job, TaskSupport::required);
  add("protocol_error_job", "Breaks", &protocol_error_job, TaskSupport::optional);
  add("confirm_delete", "Asks once it is a task", &confirm_delete, TaskSupport::optional);
  add("multi_input", "Asks two things once it is a task", &multi_input, TaskSupport::optional);
  add("test_tool_with_task", "Asks, then becomes a task", &tool_with_task, TaskSupport::required);
}

}  // namespace gatehouse::conformance
