// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// Lists a mailbox's labels. `services` must outlive the tool.
mcp::Tool label_tree_tool(Services& services);

}  // namespace gatehouse::workspace::gmail
