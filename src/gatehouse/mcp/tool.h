// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/base/task.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/state_sealer.h"

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

// One call under way. Lives until the tool's coroutine has finished.
struct ToolCall {
  ToolCall(const Caller& who, base::JsonValue args, StateSealer& seal)
      : caller(who), arguments(args), sealer(seal) {}
  const Caller& caller;
  base::JsonValue arguments;  // an object; null when the client sent none
  StateSealer& sealer;
  std::chrono::steady_clock::time_point deadline{};
  // True once nobody waits for the answer any more; long work looks at it between steps.
  std::function<bool()> cancelled = [] { return false; };
  // Reports progress when the client asked for it (`total` 0 when unknown); otherwise does nothing.
  std::function<void(double progress, double total, std::string_view message)> report_progress =
      [](double, double, std::string_view) {};
};

using ToolHandler = std::function<base::Coroutine<ToolResult>(ToolCall&)>;

struct Tool {
  std::string name;  // [A-Za-z0-9_-]{1,64}
  std::string title;
  std::string description;    // for the model
  std::string input_schema;   // JSON Schema 2020-12, root type object
  std::string output_schema;  // the same, or empty
  ToolAnnotations annotations;
  std::string scope;  // the caller's scope that this tool needs; empty: any authenticated caller
  ToolHandler handler;
};

}  // namespace gatehouse::mcp
