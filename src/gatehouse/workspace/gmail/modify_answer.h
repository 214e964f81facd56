// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/google/api_error.h"
#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/answer.h"

namespace gatehouse::workspace::gmail {

// What gmail_modify tells.
struct ModifyAnswer {
  std::string_view status;                  // of what worked
  std::size_t count = 0;                    // messages
  std::size_t failed = 0;                   // not changed, or not known
  std::optional<google::ApiError> error;    // why; then the answer is an error
  std::vector<std::string> added, removed;  // names of labels
  std::string undo;
  ListAnswer preview;  // rows, when it only tells what would change
  std::vector<std::string> notes;
};

mcp::ToolResult modify_result(const ModifyAnswer& answer, const Fence& fence);

}  // namespace gatehouse::workspace::gmail
