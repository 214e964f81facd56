// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// What changing labels needs of the operator and at Google, to do it and to undo it. Google's
// permission includes sending, so the operator who forbids that forbids this too.
inline constexpr Mode kModifyMode = Mode::full;
inline constexpr std::string_view kModifyScope = "gmail.modify";

// Changes labels of messages: files, reads, stars, bins. By a query, or of many, only once the user
// has agreed to just those messages. `services` must outlive the tool.
mcp::Tool modify_tool(Services& services);

}  // namespace gatehouse::workspace::gmail
