// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "gatehouse/mcp/tool.h"

namespace gatehouse::mcp {

// The fixed, ordered list of tools of a server.
class ToolRegistry {
 public:
  // Asserts a legal, unused name, a description, and a parseable input schema.
  void add(Tool tool);
  const Tool* find(std::string_view name) const;
  const std::vector<Tool>& tools() const { return tools_; }

 private:
  std::vector<Tool> tools_;
};

}  // namespace gatehouse::mcp
