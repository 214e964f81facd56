// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// Judges one redirect URI by rule, whoever sends it: https anywhere, http on a loopback host,
// private-use schemes in reverse-domain form (RFC 8252 section 7.1) or with a prefix named in the
// settings. Never a fragment or user info, never over 2 KB. Returns what is wrong, or nullopt.
std::optional<std::string> redirect_uri_fault(const AuthorizationServerSettings& settings,
                                              std::string_view uri);

// Equal byte for byte, except that loopback http leaves the port free (RFC 8252 section 7.3).
bool redirect_uri_matches(std::string_view registered, std::string_view requested);
bool redirect_uri_matches(const std::vector<std::string>& registered, std::string_view requested);

// 127.0.0.1, [::1] or localhost over http.
bool is_loopback_redirect(std::string_view uri);

}  // namespace gatehouse::oauth
