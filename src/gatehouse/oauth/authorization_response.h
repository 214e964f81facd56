// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/secret.h"
#include "gatehouse/oauth/rejection.h"

namespace gatehouse::oauth {

// Where the browser goes with the answer: the redirect URI with `code` or `error`, with `state` as
// it came, and always with `iss` (RFC 6749 section 4.1.2, RFC 9207).
std::string success_location(std::string_view redirect_uri, const std::optional<std::string>& state,
                             std::string_view issuer, const base::Secret& code);
std::string error_location(std::string_view redirect_uri, const std::optional<std::string>& state,
                           std::string_view issuer, const Rejection& rejection);

}  // namespace gatehouse::oauth
