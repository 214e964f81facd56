// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace gatehouse::http {

// The max-age of a Cache-Control value (RFC 9111 section 5.2.2.1), zero for no-store and no-cache,
// nullopt when it says nothing.
std::optional<std::chrono::seconds> cache_lifetime(std::string_view cache_control);

}  // namespace gatehouse::http
