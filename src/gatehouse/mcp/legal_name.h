// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gatehouse::mcp {

// What tools and prompts may be called so that every host takes the name: [A-Za-z0-9_-]{1,64}.
bool is_legal_name(std::string_view name);

}  // namespace gatehouse::mcp
