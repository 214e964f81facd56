// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/http/message.h"
#include "gatehouse/http/url.h"

namespace gatehouse::web {

// Whether the browser says that a page of ours sent this form: what it states of Origin and
// Sec-Fetch-Site must agree, what it leaves out is not held against it. The form's own seal decides
// as well.
bool is_from_our_page(const http::Request& request, std::string_view public_url);

// The fields of a posted form, at most 32 KB; nullopt when it is none or a field is repeated.
std::optional<http::FormFields> posted_fields(const http::Request& request);

// The browser is only guessing that the person may follow a link.
bool is_prefetch(const http::Request& request);

// A program that wants to read the answer rather than show it.
bool wants_json(const http::Request& request);

}  // namespace gatehouse::web
