// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"

namespace gatehouse::oauth {

// CORS for the protocol endpoints: any origin, never with credentials, because nothing here looks
// at cookies. Lets browser-based clients read answers and challenges.
void allow_any_origin(http::Response& response);

// The answer to a preflight; `methods` as in "GET, OPTIONS".
http::Response preflight_response(std::string methods);

}  // namespace gatehouse::oauth
