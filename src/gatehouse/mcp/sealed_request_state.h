// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// `requestState` of multi round-trip requests: what a handler wants back, sealed for the principal
// and for one request (`identity`: its method, name and arguments), good for ten minutes.
std::string seal_request_state(StateSealer& sealer, const std::string& principal,
                               const std::string& identity, const std::string& state);
// Errc::denied, Errc::not_found: see StateSealer.
base::Result<std::string> open_request_state(StateSealer& sealer, const std::string& principal,
                                             const std::string& identity, std::string_view token);

}  // namespace gatehouse::mcp
