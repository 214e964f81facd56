// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/http/message.h"

namespace gatehouse::web {

// The one stylesheet of all pages: light and dark, narrow and wide, no images, no fonts to fetch.
http::Response stylesheet_response();

}  // namespace gatehouse::web
