// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// workspace_upload: a link by which the user, or a program beside the model, brings a file, and a
// handle to attach it by.
mcp::Tool upload_tool(Services& services);

}  // namespace gatehouse::workspace::gmail
