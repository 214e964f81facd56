// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/legal_name.h"

#include <algorithm>
#include <cstddef>

namespace gatehouse::mcp {

bool is_legal_name(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 64;
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), legal);
}

}  // namespace gatehouse::mcp
