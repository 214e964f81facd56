// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/http/message.h"

namespace gatehouse::http {

// Whether exactly one Content-Type header says that the body is of this type ("application/json"),
// in UTF-8 if a charset is named (RFC 9110 section 8.3).
bool has_body_of_type(const Request& request, std::string_view type);

// Whether a Content-Type names JSON in UTF-8: application/json, or an application type of its own
// that ends in +json (RFC 6839 section 3.1).
bool is_json_type(std::string_view content_type);

}  // namespace gatehouse::http
