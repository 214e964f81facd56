// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/tools.h"
#include "gatehouse/workspace/undo.h"

namespace gatehouse::workspace::gmail {

// Gmail's tools, in the order of the tool list.
std::vector<mcp::Tool> tools(Services& services);
std::vector<ScopeNeed> scope_needs();
std::vector<UndoKind> undo_kinds();

}  // namespace gatehouse::workspace::gmail
