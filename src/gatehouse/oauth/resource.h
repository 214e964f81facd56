// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// RFC 8707. The canonical audience for a `resource` value that means us: the MCP endpoint, the
// older SSE endpoint or the bare origin, compared without regard to case of scheme and host, a
// default port or one trailing slash. nullopt for every other text.
std::optional<std::string> canonical_resource(const AuthorizationServerSettings& settings,
                                              std::string_view text);

}  // namespace gatehouse::oauth
