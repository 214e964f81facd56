// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/google/api_error.h"
#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace {

// What came of taking a change back.
struct UndoReport {
  std::string_view what;                  // is counted, of one: "message"
  std::size_t restored = 0;               // stand as they did before, also if they did already
  std::size_t gone = 0;                   // are not there any more
  std::size_t failed = 0;                 // may be tried again
  std::optional<google::ApiError> error;  // why
  std::vector<std::string> notes;
};

// How one kind of change is taken back. A tool that changes something seals what is needed for it
// into a handle; its product names the kind in its list (workspace/tools.cc).
struct UndoKind {
  std::string_view name;   // no line end
  Mode least;              // of the tools that make such handles
  std::string_view scope;  // at Google, short name
  // `state` is what was sealed. Doing it again does no harm.
  base::Coroutine<UndoReport> (*take_back)(Services& services, mcp::ToolCall& call,
                                           const std::string& state);
};

inline constexpr std::chrono::hours kUndoLifetime{24};

// The handle for workspace_undo: opens for this user only, as long as kUndoLifetime. It goes
// through the model, so it is kept short: a third longer than `state`, which may have 40,000 bytes;
// empty for more.
std::string seal_undo(mcp::ToolCall& call, std::string_view kind, const std::string& state);

struct OpenedUndo {
  std::string kind, state;
  std::string complaint;  // when it did not open
};
OpenedUndo open_undo(mcp::ToolCall& call, const std::string& handle);

// Of all products (defined beside their list, in tools.cc).
std::vector<UndoKind> all_undo_kinds();

// The tool workspace_undo. `services` must outlive it.
mcp::Tool undo_tool(Services& services);

}  // namespace gatehouse::workspace
