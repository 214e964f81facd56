// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// Keeps a mail or an answer as a draft, or replaces what a draft says; people
// send it. `services` must outlive the tool.
mcp::Tool draft_tool(Services& services);

}  // namespace gatehouse::workspace::gmail
