// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "fixture_tool.h"
#include "gatehouse/base/json_writer.h"

// Tools of the scenarios that know questions as requests of the server.
namespace gatehouse::conformance {
namespace {

using mcp::ToolCall;
using mcp::ToolResult;

constexpr const char* kDefaults =
    R"({"type":"object","properties":{"name":{"type":"string","default":"John Doe"},)"
    R"("age":{"type":"integer","default":30},"score":{"type":"number","default":95.5},)"
    R"("status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},)"
    R"("verified":{"type":"boolean","default":true}},"required":[]})";

constexpr const char* kEnums =
    R"({"type":"object","properties":{)"
    R"("untitledSingle":{"type":"string","enum":["option1","option2","option3"]},)"
    R"("titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},)"
    R"({"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},)"
    R"("legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],)"
    R"("enumNames":["Option One","Option Two","Option Three"]},)"
    R"("untitledMulti":{"type":"array","items":{"type":"string",)"
    R"("enum":["option1","option2","option3"]}},)"
    R"("titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},)"
    R"({"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}},)"
    R"("required":[]})";

constexpr const char* kUser =
    R"({"type":"object","properties":{"username":{"type":"string","description":"Your name"},)"
    R"("email":{"type":"string","description":"Your address"}},"required":["username","email"]})";

base::Coroutine<ToolResult> sampling(ToolCall& call) {
  const auto answer = call.input("sample");
  if (!answer) {
    std::string params;
    base::JsonWriter json(params);
    json.begin_object().key("messages").begin_array().begin_object().member("role", "user");
    json.key("content").begin_object().member("type", "text");
    json.member("text", text_argument(call, "prompt")).end_object().end_object().end_array();
    json.member("maxTokens", 100).end_object();
    co_return mcp::tool_needs({{{"sample", mcp::InputKind::sampling, params}}, ""});
  }
  const auto content = answer->find("content");
  const std::string_view text = content ? content->find_string("text").value_or("") : "";
  co_return mcp::tool_text("LLM response: " + std::string(text));
}

// Asks once by form and tells what came back.
base::Coroutine<ToolResult> ask(ToolCall& call, std::string message, const char* schema,
                                const char* opening) {
  const auto answer = call.input("form");
  if (!answer) co_return mcp::tool_needs({{form("form", message, schema)}, ""});
  const auto elicited = mcp::read_elicited(*answer);
  if (!elicited) co_return mcp::tool_error("The client's answer is none");
  constexpr const char* kActions[] = {"accept", "decline", "cancel"};
  co_return mcp::tool_text(std::string(opening) +
                           "action=" + kActions[static_cast<int>(elicited->action)] +
                           ", content=" + elicited->content.to_text());
}

base::Coroutine<ToolResult> elicitation(ToolCall& call) {
  return ask(call, text_argument(call, "message"), kUser, "User response: ");
}

base::Coroutine<ToolResult> defaults(ToolCall& call) {
  return ask(call, "Please review the values", kDefaults, "Elicitation completed: ");
}

base::Coroutine<ToolResult> enums(ToolCall& call) {
  return ask(call, "Please choose", kEnums, "Elicitation completed: ");
}

}  // namespace

void add_legacy_asking_tools(mcp::ToolRegistry& tools) {
  tools.add(make_tool("test_sampling", "Asks the client's model", &sampling,
                      R"({"type":"object","properties":{"prompt":{"type":"string"}},)"
                      R"("required":["prompt"]})"));
  tools.add(make_tool("test_elicitation", "Asks the user", &elicitation,
                      R"({"type":"object","properties":{"message":{"type":"string"}},)"
                      R"("required":["message"]})"));
  tools.add(make_tool("test_elicitation_sep1034_defaults", "Asks with default values", &defaults));
  tools.add(make_tool("test_elicitation_sep1330_enums", "Asks with choices", &enums));
}

}  // namespace gatehouse::conformance
