// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/http/client.h"

namespace gatehouse::aws {

// AWS's time by the Date header, less ours; nullopt without a readable one.
std::optional<std::chrono::seconds> clock_offset(const http::ClientResponse& response,
                                                 base::SystemTime now);

// "this machine's clock is 301 s behind AWS's; synchronize it (chrony, systemd-timesyncd)"
std::string describe_clock_offset(std::chrono::seconds offset);

}  // namespace gatehouse::aws
