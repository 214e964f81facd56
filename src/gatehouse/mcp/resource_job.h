// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/job.h"
#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/resource_registry.h"
#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// `resources/read`.
std::unique_ptr<Job> resource_job(ResourceRegistry::Found found, std::string uri, Revision revision,
                                  std::shared_ptr<const Caller> caller, StateSealer& sealer);

// -32002 for legacy revisions, -32602 for the stateless one; names the URI in its data.
RpcError resource_not_found(std::string_view uri, Revision revision);

}  // namespace gatehouse::mcp
