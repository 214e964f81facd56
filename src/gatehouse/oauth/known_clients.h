// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "gatehouse/oauth/client.h"

namespace gatehouse::oauth {

// What the documents of well-known clients said in September 2026. A stand-in for times when the
// document itself cannot be fetched: some hosts turn machines in clouds away, and some gateways
// reach nothing but Google. What a host answers always counts more.
std::optional<Client> known_client(std::string_view client_id);

}  // namespace gatehouse::oauth
