// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/http/message.h"
#include "gatehouse/oauth/rejection.h"

namespace gatehouse::oauth {

// The `error` code of RFC 6749, 6750, 7591, 8707 or OpenID Connect Core.
std::string_view wire_name(Reason reason);

// 401 for invalid_client, 429, 503 and 500 where they fit, 400 for the rest.
int status_of(Reason reason);

// The JSON error of RFC 6749 section 5.2, never cached; with Retry-After when trying again helps.
http::Response error_response(const Rejection& rejection);

}  // namespace gatehouse::oauth
