// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace gatehouse::mcp {

// A picture of a server, tool, prompt or resource; MCP 2025-11-25 and later.
struct Icon {
  std::string src;                 // https: or data:
  std::string mime_type;           // may be empty, as may the next two
  std::vector<std::string> sizes;  // "48x48", or "any" for scalable ones
  std::string theme;               // "light" or "dark"
};

}  // namespace gatehouse::mcp
