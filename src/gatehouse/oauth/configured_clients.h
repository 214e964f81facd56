// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

constexpr std::size_t kConfiguredClientsBytesMax = 256 * 1024;

// Clients that the operator writes down, so that they need not register: a JSON list of at most 200
// objects with the members of RFC 7591 section 2 and a `client_id`. Of a secret only its SHA-256
// stands there (`client_secret_sha256`, 64 hexadecimal digits), of keys their public half (`jwks`).
// Errc::invalid_argument says which client and what to write instead.
base::Result<std::vector<Client>> parse_configured_clients(
    const AuthorizationServerSettings& settings, std::string_view text);

}  // namespace gatehouse::oauth
