// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// gmail_attachment: one file of a message as text, as an image, or, when it is small, as it is.
mcp::Tool attachment_tool(Services& services);

}  // namespace gatehouse::workspace::gmail
