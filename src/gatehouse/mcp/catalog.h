// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/prompt_registry.h"
#include "gatehouse/mcp/resource_registry.h"
#include "gatehouse/mcp/tool_registry.h"

namespace gatehouse::mcp {

// Everything a server offers. A list that is empty is not advertised, but for tools.
struct Catalog {
  ToolRegistry tools;
  PromptRegistry prompts;
  ResourceRegistry resources;
};

}  // namespace gatehouse::mcp
