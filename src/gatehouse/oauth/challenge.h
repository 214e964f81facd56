// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/oauth/scope.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// The two transports are two resources to a client, each with metadata of its own (RFC 9728).
enum class Endpoint { mcp, sse };

std::string protected_resource_metadata_url(const AuthorizationServerSettings& settings,
                                            Endpoint endpoint);

// Values of WWW-Authenticate: one line, ASCII, `Bearer` first, quoted values (RFC 6750 section 3).
// `missing` carries no error code: nothing was presented that could be wrong.
std::string missing_token_challenge(const AuthorizationServerSettings& settings, Endpoint endpoint);
std::string invalid_token_challenge(const AuthorizationServerSettings& settings, Endpoint endpoint);
// `needed` is everything the operation takes, in one challenge.
std::string insufficient_scope_challenge(const AuthorizationServerSettings& settings,
                                         Endpoint endpoint, const Scopes& needed);

}  // namespace gatehouse::oauth
