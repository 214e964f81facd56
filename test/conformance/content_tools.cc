// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "fixture_tool.h"

namespace gatehouse::conformance {
namespace {

using mcp::ToolCall;
using mcp::ToolResult;

constexpr const char* kSchema2020 =
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",)"
    R"("$defs":{"address":{"$anchor":"addressDef","type":"object","properties":)"
    R"({"street":{"type":"string"},"city":{"type":"string"}}}},)"
    R"("properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},)"
    R"("contactMethod":{"type":"string","enum":["phone","email"]},)"
    R"("phone":{"type":"string"},"email":{"type":"string"}},)"
    R"("allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],)"
    R"("if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},)"
    R"("then":{"required":["phone"]},"else":{"required":["email"]},)"
    R"("additionalProperties":false})";

base::Coroutine<ToolResult> simple_text(ToolCall&) {
  co_return mcp::tool_text("This is a simple text response for testing.");
}

base::Coroutine<ToolResult> image(ToolCall&) {
  ToolResult result;
  result.contents.push_back(mcp::image_content(kRedPixelPng, "image/png"));
  co_return result;
}

base::Coroutine<ToolResult> audio(ToolCall&) {
  ToolResult result;
  result.contents.push_back(mcp::audio_content(kSilenceWav, "audio/wav"));
  co_return result;
}

base::Coroutine<ToolResult> embedded(ToolCall&) {
  ToolResult result;
  mcp::ResourceContents contents;
  contents.uri = "test://embedded-resource";
  contents.mime_type = "text/plain";
  contents.text = "This is an embedded resource content.";
  result.contents.push_back(mcp::embedded_resource(std::move(contents)));
  co_return result;
}

base::Coroutine<ToolResult> mixed(ToolCall&) {
  ToolResult result = mcp::tool_text("Multiple content types test:");
  result.contents.push_back(mcp::image_content(kRedPixelPng, "image/png"));
  mcp::ResourceContents contents;
  contents.uri = "test://mixed-content-resource";
  contents.mime_type = "application/json";
  contents.text = R"({"test":"data","value":123})";
  result.contents.push_back(mcp::embedded_resource(std::move(contents)));
  co_return result;
}

base::Coroutine<ToolResult> error(ToolCall&) {
  co_return mcp::tool_error("This tool intentionally returns an error for testing");
}

base::Coroutine<ToolResult> echo_arguments(ToolCall& call) {
  co_return mcp::tool_text(call.arguments.to_text());
}

}  // namespace

void add_content_tools(mcp::ToolRegistry& tools) {
  tools.add(make_tool("test_simple_text", "Gives a text", &simple_text));
  tools.add(make_tool("test_image_content", "Gives an image", &image));
  tools.add(make_tool("test_audio_content", "Gives a sound", &audio));
  tools.add(make_tool("test_embedded_resource", "Gives a resource with its text", &embedded));
  tools.add(make_tool("test_multiple_content_types", "Gives text, image and resource", &mixed));
  tools.add(make_tool("test_error_handling", "Fails", &error));
  tools.add(make_tool("json_schema_2020_12_tool", "Declares its input with much of JSON Schema",
                      &echo_arguments, kSchema2020));
  tools.add(make_tool("test_x_mcp_header", "Has a parameter that clients repeat in a header",
                      &echo_arguments,
                      R"({"type":"object","properties":{"region":{"type":"string",)"
                      R"("x-mcp-header":"Region"}},"additionalProperties":false})"));
}

}  // namespace gatehouse::conformance
