// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gatehouse::gateway {

// docs/tools.md: every tool with its arguments, from the definitions that clients are shown.
std::string tool_document();

}  // namespace gatehouse::gateway
