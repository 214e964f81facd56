// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace {

// account_connect and account_disconnect, which need no permission. `services` must outlive them.
mcp::Tool connect_tool(Services& services);
mcp::Tool disconnect_tool(Services& services);

}  // namespace gatehouse::workspace
