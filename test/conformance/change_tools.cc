// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "fixture_tool.h"

namespace gatehouse::conformance {
namespace {

base::Coroutine<mcp::ToolResult> announce(Announcer& announcer, mcp::Change change) {
  announcer.announce(change);
  co_return mcp::tool_text("Announced");
}

mcp::ToolHandler announcing(Announcer& announcer, mcp::Change::Kind kind) {
  return [&announcer, kind](mcp::ToolCall&) {
    mcp::Change change;
    change.kind = kind;
    return announce(announcer, change);
  };
}

}  // namespace

void add_change_tools(mcp::ToolRegistry& tools, Announcer& announcer) {
  tools.add(make_tool("test_trigger_tool_change", "Says that the tools have changed",
                      announcing(announcer, mcp::Change::Kind::tools)));
  tools.add(make_tool("test_trigger_prompt_change", "Says that the prompts have changed",
                      announcing(announcer, mcp::Change::Kind::prompts)));
}

}  // namespace gatehouse::conformance
