// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gatehouse/base/json.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/catalog.h"
#include "gatehouse/mcp/job.h"
#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// `completion/complete`. The error is for the client: a reference to nothing, or a shape that is
// not the specification's. An argument nobody offers values for completes to none.
base::Result<std::unique_ptr<Job>, RpcError> completion_job(const Catalog& catalog,
                                                            std::shared_ptr<const Caller> caller,
                                                            StateSealer& sealer,
                                                            const base::JsonValue& params);

}  // namespace gatehouse::mcp
