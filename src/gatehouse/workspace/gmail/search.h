// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// gmail_search: rows of messages or threads, newest first.
mcp::Tool search_tool(Services& services);

}  // namespace gatehouse::workspace::gmail
