// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::http {

// Asks `GET path` of a server on this machine, once and blocking, and gives the status. `address`
// is what a Server would listen at; where it listens everywhere, loopback is asked. For a program
// that does nothing else: no loop, no library to start. Errc::invalid_argument for an address that
// is none; Errc::unavailable when nobody listens there; Errc::timeout when the answer's first line
// has not come by `limit`; Errc::internal when it is none of HTTP.
base::Result<int> probe_health(std::string_view address, std::string_view path,
                               std::chrono::milliseconds limit);

}  // namespace gatehouse::http
