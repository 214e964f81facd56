// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/version_mark.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace gatehouse::web {

std::string version_mark(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

std::string marked_address(std::string_view path, std::string_view mark) {
  return std::string(path).append("?v=").append(mark);
}

std::string cache_control_for(std::string_view query, std::string_view mark) {
  const bool is_this_version = query.starts_with("v=") && query.substr(2) == mark;
  return is_this_version ? "public, max-age=31536000, immutable" : "public, max-age=60";
}

}  // namespace gatehouse::web
