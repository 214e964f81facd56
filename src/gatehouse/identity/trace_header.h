// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/http/client.h"
#include "gatehouse/telemetry/trace.h"

namespace gatehouse::identity {

// Tells the provider in which trace it is asked; nothing of a request that has none.
void add_trace(http::ClientRequest& request, const telemetry::RequestTrace& trace);

}  // namespace gatehouse::identity
