// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/mcp/resource.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// Mail for clients that attach it by address: gmail://message/{id} and gmail://thread/{id}, with
// the text that gmail_read gives for the same id.
std::vector<mcp::ResourceTemplate> resource_templates(Services& services);

}  // namespace gatehouse::workspace::gmail
