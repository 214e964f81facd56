// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/task.h"
#include "gatehouse/mcp/engine.h"
#include "gatehouse/mcp/stream_relay.h"

namespace gatehouse::mcp {

// Sends a letter in the background; what does not arrive is logged and lost. Relay and log of the
// engine must live as long as the loop runs.
void tell_replica(Engine& engine, const base::Executor& executor, StreamName to,
                  StreamLetter letter);

}  // namespace gatehouse::mcp
