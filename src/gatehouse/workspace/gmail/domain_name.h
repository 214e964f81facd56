// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

// A domain as mail is sent to it: lower case ASCII of at most 253 bytes and at least two labels,
// where a label of other letters stands in its xn-- form (RFC 3492, RFC 5891). nullopt for anything
// that is no name in the DNS, address literals included, and for letters that look like others or
// would have to be composed first: whoever means those writes the xn-- form.
std::optional<std::string> ascii_domain(std::string_view text);

}  // namespace gatehouse::workspace::gmail
