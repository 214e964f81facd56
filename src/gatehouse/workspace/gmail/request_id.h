// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace gatehouse::workspace::gmail {

inline constexpr std::size_t kRequestIdMax = 200;

// What is wrong with a caller's own name for a request; empty: nothing.
inline std::string request_id_complaint(const std::optional<std::string>& request_id) {
  if (request_id.value_or("").size() <= kRequestIdMax) return "";
  return "request_id is limited to " + std::to_string(kRequestIdMax) + " bytes.";
}

}  // namespace gatehouse::workspace::gmail
