// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "fixture_tool.h"

// Tools of the scenarios on multi round-trip requests.
namespace gatehouse::conformance {
namespace {

using mcp::InputKind;
using mcp::InputRequest;
using mcp::InputRequired;
using mcp::ToolCall;
using mcp::ToolResult;

constexpr const char* kName =
    R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";
constexpr const char* kColor =
    R"({"type":"object","properties":{"color":{"type":"string"}},"required":["color"]})";
constexpr const char* kOk =
    R"({"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]})";

InputRequest sample(std::string key, const std::string& question, int tokens) {
  return {std::move(key), InputKind::sampling,
          R"({"messages":[{"role":"user","content":{"type":"text","text":")" + question +
              R"("}}],"maxTokens":)" + std::to_string(tokens) + "}"};
}

InputRequest roots() { return {"client_roots", InputKind::roots, "{}"}; }

base::Coroutine<ToolResult> needs_sampling(ToolCall& call) {
  if (!call.input("sample"))
    co_return mcp::tool_needs({{sample("sample", "Say something", 10)}, ""});
  co_return mcp::tool_text("Sampled");
}

base::Coroutine<ToolResult> elicitation(ToolCall& call) {
  const std::string name = entered(call, "user_name", "name");
  if (name.empty())
    co_return mcp::tool_needs({{form("user_name", "What is your name?", kName)}, ""});
  co_return mcp::tool_text("Hello, " + name + "!");
}

base::Coroutine<ToolResult> sampling(ToolCall& call) {
  const auto answer = call.input("capital_question");
  const auto content = answer ? answer->find("content") : std::nullopt;
  const auto text = content ? content->find_string("text") : std::nullopt;
  if (!text) {
    co_return mcp::tool_needs(
        {{sample("capital_question", "What is the capital of France?", 100)}, ""});
  }
  co_return mcp::tool_text(std::string(*text));
}

base::Coroutine<ToolResult> list_roots(ToolCall& call) {
  const auto answer = call.input("client_roots");
  const auto list = answer ? answer->find("roots") : std::nullopt;
  if (!list) co_return mcp::tool_needs({{roots()}, ""});
  co_return mcp::tool_text("Roots: " + list->to_text());
}

bool confirmed(const ToolCall& call) {
  const auto answer = call.input("confirm");
  const auto elicited = answer ? mcp::read_elicited(*answer) : std::nullopt;
  return elicited && elicited->content.find_bool("ok").value_or(false);
}

base::Coroutine<ToolResult> request_state(ToolCall& call) {
  if (!confirmed(call) || call.state != "asked")
    co_return mcp::tool_needs({{form("confirm", "Please confirm", kOk)}, "asked"});
  co_return mcp::tool_text("state-ok");
}

base::Coroutine<ToolResult> multiple(ToolCall& call) {
  const bool all = call.input("user_name") && call.input("greeting") && call.input("client_roots");
  if (!all || call.state != "asked") {
    InputRequired input;
    input.requests = {form("user_name", "What is your name?", kName),
                      sample("greeting", "Generate a greeting", 50), roots()};
    input.state = "asked";
    co_return mcp::tool_needs(std::move(input));
  }
  co_return mcp::tool_text("Hello, " + entered(call, "user_name", "name"));
}

// The name travels in the state from the second round to the third.
base::Coroutine<ToolResult> multi_round(ToolCall& call) {
  const std::string name = entered(call, "step1", "name");
  const std::string color = entered(call, "step2", "color");
  if (call.state == "1" && !name.empty()) {
    co_return mcp::tool_needs(
        {{form("step2", "Step 2: What is your favorite color?", kColor)}, "2 " + name});
  }
  if (call.state.starts_with("2 ") && !color.empty())
    co_return mcp::tool_text(call.state.substr(2) + " likes " + color);
  co_return mcp::tool_needs({{form("step1", "Step 1: What is your name?", kName)}, "1"});
}

// Asks for what the client can give, and for nothing else.
base::Coroutine<ToolResult> capabilities(ToolCall& call) {
  InputRequired input;
  if (call.client.elicitation && !call.input("user_name"))
    input.requests.push_back(form("user_name", "What is your name?", kName));
  if (call.client.sampling && !call.input("greeting"))
    input.requests.push_back(sample("greeting", "Generate a greeting", 50));
  if (call.client.roots && !call.input("client_roots")) input.requests.push_back(roots());
  if (!input.requests.empty()) co_return mcp::tool_needs(std::move(input));
  co_return mcp::tool_text("Nothing to ask for");
}

}  // namespace

void add_input_required_tools(mcp::ToolRegistry& tools) {
  const auto add = [&tools](const char* name, const char* description, mcp::ToolHandler handler) {
    tools.add(make_tool(name, description, std::move(handler)));
  };
  add("test_missing_capability", "Needs sampling", &needs_sampling);
  add("test_streaming_elicitation", "Asks for a name", &elicitation);
  add("test_input_required_result_elicitation", "Asks for a name", &elicitation);
  add("test_input_required_result_sampling", "Asks the client's model", &sampling);
  add("test_input_required_result_list_roots", "Asks for the client's roots", &list_roots);
  add("test_input_required_result_request_state", "Asks, with a state", &request_state);
  add("test_input_required_result_multiple_inputs", "Asks for three things", &multiple);
  add("test_input_required_result_multi_round", "Asks twice", &multi_round);
  add("test_input_required_result_tampered_state", "Asks, with a state", &request_state);
  add("test_input_required_result_capabilities", "Asks for what it can get", &capabilities);
}

}  // namespace gatehouse::conformance
