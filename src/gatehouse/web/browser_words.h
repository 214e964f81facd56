// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::web {

// "Firefox on Linux": the families that a User-Agent header names, for a person to recognise their
// own sign-in by. Made of our own words only; empty when it names none we know. It is the browser's
// claim.
std::string browser_words(std::string_view user_agent);

}  // namespace gatehouse::web
