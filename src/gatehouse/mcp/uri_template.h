// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::mcp {

using UriVariables = std::map<std::string, std::string, std::less<>>;

// Variables of a URI template with simple expressions only (RFC 6570 section 3.2.2); nullopt when
// it has others, a variable twice, or two that touch.
std::optional<std::vector<std::string>> template_variables(std::string_view uri_template);

// What `uri` gives the variables, percent-decoded (RFC 3986 section 2.1). A variable takes at least
// one byte and no `/`, `?` or `#`; its value is valid UTF-8 without control characters. nullopt
// when the template does not match.
std::optional<UriVariables> match_template(std::string_view uri_template, std::string_view uri);

// A scheme, a colon and more, in the bytes that RFC 3986 allows; at most 2,048 of them.
bool is_legal_uri(std::string_view uri);

}  // namespace gatehouse::mcp
