// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "gatehouse/base/pause.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/mcp/tool.h"

namespace gatehouse::conformance {

inline constexpr const char* kNoArguments =
    R"({"type":"object","properties":{},"additionalProperties":false})";

inline mcp::Tool make_tool(std::string name, std::string description, mcp::ToolHandler handler,
                           std::string schema = kNoArguments) {
  mcp::Tool tool;
  tool.name = std::move(name);
  tool.description = std::move(description);
  tool.input_schema = std::move(schema);
  tool.handler = std::move(handler);
  return tool;
}

inline std::string text_argument(const mcp::ToolCall& call, std::string_view name) {
  return std::string(call.arguments.find_string(name).value_or(""));
}

inline mcp::InputRequest form(std::string key, std::string_view message, std::string_view schema) {
  return {std::move(key), mcp::InputKind::elicitation, mcp::form_params(message, schema)};
}

// What a user entered for that question; empty unless it was accepted as a string.
inline std::string entered(const mcp::Call& call, std::string_view key, std::string_view member) {
  const auto answer = call.input(key);
  const auto elicited = answer ? mcp::read_elicited(*answer) : std::nullopt;
  if (!elicited || elicited->action != mcp::Elicited::Action::accept) return {};
  return std::string(elicited->content.find_string(member).value_or(""));
}

}  // namespace gatehouse::conformance
