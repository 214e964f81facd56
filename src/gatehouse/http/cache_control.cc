// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/cache_control.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "gatehouse/base/encoding.h"

namespace gatehouse::http {
namespace {

using std::chrono::seconds;

// Digits only; more than fits counts as very long (RFC 9111 section 1.2.2).
std::optional<seconds> delta_seconds(std::string_view text) {
  constexpr std::int64_t kLongest = 2'147'483'648;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) value = kLongest;
  return seconds(std::min(value, kLongest));
}

}  // namespace

std::optional<seconds> cache_lifetime(std::string_view cache_control) {
  std::optional<seconds> lifetime;
  while (!cache_control.empty()) {
    const auto end = std::min(cache_control.find(','), cache_control.size());
    const auto directive = base::to_lower_ascii(base::trim(cache_control.substr(0, end)));
    cache_control.remove_prefix(std::min(end + 1, cache_control.size()));
    if (directive == "no-store" || directive == "no-cache") return seconds(0);
    constexpr std::string_view kMaxAge = "max-age=";
    if (!lifetime && directive.starts_with(kMaxAge)) {
      lifetime = delta_seconds(std::string_view(directive).substr(kMaxAge.size()));
    }
  }
  return lifetime;
}

}  // namespace gatehouse::http
