// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::gateway {

// Where other replicas reach the listener that was opened at `listen` and got `port`: `configured`
// (an address, with or without a port), else the address that was listened at, or, when that means
// every interface, the first one that is up and no loopback. The detail of an error says the
// remedy.
base::Result<std::string> advertised_peer_address(std::string_view listen, std::uint16_t port,
                                                  std::string_view configured);

}  // namespace gatehouse::gateway
