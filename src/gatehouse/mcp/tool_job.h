// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/base/json.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/job.h"
#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// The members of a `tools/call` result in a revision's form, after an opening brace.
std::string tool_result_members(const ToolResult& result, const Tool& tool, Revision revision);

// `arguments`, an object or null, belong to `document`.
std::unique_ptr<Job> tool_job(const Tool& tool, Revision revision,
                              std::shared_ptr<const Caller> caller, StateSealer& sealer,
                              std::shared_ptr<const base::JsonDocument> document,
                              base::JsonValue arguments);

}  // namespace gatehouse::mcp
