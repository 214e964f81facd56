// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/cookie.h"

#include <algorithm>
#include <cassert>

#include "gatehouse/base/encoding.h"

namespace gatehouse::http {
namespace {

constexpr std::string_view kHostPrefix = "__Host-";

// cookie-octet of RFC 6265 section 4.1.1.
bool is_cookie_octet(char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

bool is_cookie_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_cookie_octet);
}

bool is_cookie_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

// Takes the text before the next ';' off the front of `rest`, trimmed.
std::string_view next_pair(std::string_view& rest) {
  const std::size_t end = rest.find(';');
  const std::string_view pair = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return base::trim(pair);
}

}  // namespace

std::string CookiePolicy::set(std::string_view name, std::string_view value,
                              std::chrono::seconds max_age) const {
  assert(is_cookie_name(name) && is_cookie_value(value));
  std::string cookie;
  cookie.reserve(name.size() + value.size() + 80);
  if (secure_) cookie += kHostPrefix;
  cookie.append(name).append("=").append(value);
  cookie.append("; Path=/; Max-Age=").append(std::to_string(max_age.count()));
  cookie += "; HttpOnly; SameSite=Lax";
  if (secure_) cookie += "; Secure";
  return cookie;
}

std::string CookiePolicy::clear(std::string_view name) const {
  return set(name, "", std::chrono::seconds(0));
}

std::optional<std::string_view> CookiePolicy::read(const Request& request,
                                                   std::string_view name) const {
  const std::string_view prefix = secure_ ? kHostPrefix : std::string_view();
  std::optional<std::string_view> found;
  for (const HeaderView& field : request.headers) {
    if (!base::equal_ignoring_case(field.name, "Cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      std::string_view pair = next_pair(rest);
      if (!pair.starts_with(prefix)) continue;
      pair.remove_prefix(prefix.size());
      if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=') {
        continue;
      }
      if (found) return std::nullopt;
      found = pair.substr(name.size() + 1);
    }
  }
  if (!found || !is_cookie_value(*found)) return std::nullopt;
  return found;
}

}  // namespace gatehouse::http
