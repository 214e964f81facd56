// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/oauth/rejection.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::oauth {

// One line about a request that was refused, with the name the refusal has on the wire. `client` is
// who asked, as far as that is known; empty when it is not.
void log_refusal(telemetry::Log& log, std::string_view event, const Rejection& rejection,
                 std::string_view client = {});

}  // namespace gatehouse::oauth
