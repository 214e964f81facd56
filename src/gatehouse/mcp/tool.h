// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/base/task.h"
#include "gatehouse/mcp/call.h"
#include "gatehouse/mcp/content.h"
#include "gatehouse/mcp/header_parameter.h"
#include "gatehouse/mcp/icon.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/mcp/json_rpc.h"

namespace gatehouse::mcp {

// Hints for the model's host, MCP 2025-03-26 and later.
struct ToolAnnotations {
  bool read_only = true;
  bool destructive = false;
  bool idempotent = true;
  bool open_world = false;
};

// What a tool answers. `structured` is a JSON object that conforms to the tool's output schema (or
// empty); `text` carries the same data for clients that show only text. A failed call is a result
// with is_error, not a protocol error.
struct ToolResult {
  ToolResult() {}
  std::string text;
  std::string structured;
  bool is_error = false;
  std::vector<Content> contents;  // after the text
  // Instead of all that: what the client has to give first, or that the call itself was not legal.
  std::optional<InputRequired> input_required;
  std::optional<RpcError> protocol_error;
};

inline ToolResult tool_text(std::string text) {
  ToolResult result;
  result.text = std::move(text);
  return result;
}

// A call that failed; `text` tells the model what happened and what to do.
inline ToolResult tool_error(std::string text) {
  ToolResult result = tool_text(std::move(text));
  result.is_error = true;
  return result;
}

inline ToolResult tool_needs(InputRequired input) {
  ToolResult result;
  result.input_required = std::move(input);
  return result;
}

// One `tools/call` under way.
struct ToolCall final : Call {
  ToolCall(const Caller& who, base::JsonValue args, StateSealer& seal)
      : Call(who, seal), arguments(args) {}
  base::JsonValue arguments;  // an object; null when the client sent none
};

using ToolHandler = std::function<base::Coroutine<ToolResult>(ToolCall&)>;

// Whether a call may outlast its request, for clients that know the tasks extension of 2026-07-28.
// Clients that do not know it get the answer on the request, or are refused when it is required.
enum class TaskSupport { forbidden, optional, required };

struct Tool {
  std::string name;  // [A-Za-z0-9_-]{1,64}
  std::string title;
  std::string description;    // for the model
  std::string input_schema;   // JSON Schema 2020-12, root type object
  std::string output_schema;  // the same, or empty
  ToolAnnotations annotations;
  std::string scope;  // the caller's scope that this tool needs; empty: any authenticated caller
  ToolHandler handler;
  TaskSupport tasks = TaskSupport::forbidden;
  std::vector<Icon> icons;
  std::vector<HeaderParameter> header_parameters;  // read from the schema by the registry
};

}  // namespace gatehouse::mcp
