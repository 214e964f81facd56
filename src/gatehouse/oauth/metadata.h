// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/oauth/challenge.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// RFC 9728 section 2, one document for each transport. Its `resource` is the URL people type.
std::string protected_resource_metadata(const AuthorizationServerSettings& settings,
                                        Endpoint endpoint);

// RFC 8414 section 2. Served at the OpenID discovery path too, for clients that only look there.
std::string authorization_server_metadata(const AuthorizationServerSettings& settings);

}  // namespace gatehouse::oauth
