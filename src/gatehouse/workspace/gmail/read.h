// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// gmail_read: messages and whole threads as text, within a budget of characters and continued by a
// cursor.
mcp::Tool read_tool(Services& services);

}  // namespace gatehouse::workspace::gmail
