// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "gatehouse/http/message.h"

namespace gatehouse::oauth {

// Who is calling, as far as limits are concerned: the address that the outermost of
// `trusted_proxies` proxies of ours saw, else the TCP peer. IPv6 addresses are cut to their /64,
// which is what one customer gets. Never used to let anybody in.
std::string peer_address(const http::Request& request, std::size_t trusted_proxies);

}  // namespace gatehouse::oauth
