// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace {

// Answers who is signed in, what Google granted, what the operator allows and what quota is left.
// Needs no permission.
mcp::Tool whoami_tool(Services& services);

}  // namespace gatehouse::workspace
