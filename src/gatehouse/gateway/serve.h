// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/gateway/config.h"
#include "gatehouse/gateway/wiring.h"

namespace gatehouse::gateway {

// Runs the gateway until SIGTERM or SIGINT, then drains. Exit code 0, or 1 when it could not start.
int serve(Config config, const Additions& additions);

}  // namespace gatehouse::gateway
