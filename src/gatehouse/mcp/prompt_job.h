// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/base/json.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/job.h"
#include "gatehouse/mcp/prompt.h"
#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// `prompts/get`; `arguments` are those of the request, null when there are none. The error is for
// the client: an argument unknown, missing, or no string.
base::Result<std::unique_ptr<Job>, RpcError> prompt_job(const Prompt& prompt, Revision revision,
                                                        std::shared_ptr<const Caller> caller,
                                                        StateSealer& sealer,
                                                        const base::JsonValue& arguments);

}  // namespace gatehouse::mcp
