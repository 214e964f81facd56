// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gatehouse::gateway {

// One line per tool: name, the strictest mode that offers it, its scope, and what its definition
// costs a model in tokens (estimated at four characters a token). Then the same of resources and
// prompts, whose definitions only cost where a client shows them to its model.
std::string tool_listing();

}  // namespace gatehouse::gateway
