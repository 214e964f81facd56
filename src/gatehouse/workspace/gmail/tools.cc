// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/tools.h"

#include "gatehouse/workspace/gmail/read.h"
#include "gatehouse/workspace/gmail/search.h"

namespace gatehouse::workspace::gmail {

std::vector<mcp::Tool> tools(Services& services) {
  std::vector<mcp::Tool> list;
  list.push_back(search_tool(services));
  list.push_back(read_tool(services));
  return list;
}

std::vector<ScopeNeed> scope_needs() { return {{"gmail", "gmail.readonly", Mode::readonly}}; }

}  // namespace gatehouse::workspace::gmail
