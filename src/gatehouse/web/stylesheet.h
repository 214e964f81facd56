// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/http/message.h"

namespace gatehouse::web {

// The one stylesheet of all pages: light and dark, narrow and wide, no images, no fonts to fetch.
http::Response stylesheet_response(std::string_view query);

// Where the pages find it: changes with its content, so that browsers may keep it for good.
const std::string& stylesheet_address();

}  // namespace gatehouse::web
