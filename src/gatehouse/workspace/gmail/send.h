// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// Sends one mail as the calling account, or answers one. Never the same request twice; out of the
// user's organisation only with their consent. `services` must outlive the tool.
mcp::Tool send_tool(Services& services);

}  // namespace gatehouse::workspace::gmail
