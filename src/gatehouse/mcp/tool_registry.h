// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string_view>

#include "gatehouse/mcp/tool.h"

namespace gatehouse::mcp {

// The ordered list of tools of a server.
class ToolRegistry {
 public:
  // Asserts a legal, unused name, a description, and an input schema that parses. Reads the
  // `x-mcp-header` annotations of the schema and asserts that they are legal.
  void add(Tool tool);
  const Tool* find(std::string_view name) const;
  const std::deque<Tool>& tools() const { return tools_; }

 private:
  std::deque<Tool> tools_;  // adding moves nothing that is in use
};

}  // namespace gatehouse::mcp
