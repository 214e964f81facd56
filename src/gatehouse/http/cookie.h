// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/http/message.h"

namespace gatehouse::http {

// How our cookies look for this deployment: `__Host-` prefix, Secure, HttpOnly, SameSite=Lax,
// Path=/, no Domain. On a plain http loopback origin, and only there, prefix and Secure are
// dropped.
class CookiePolicy {
 public:
  explicit CookiePolicy(bool secure_origin) : secure_(secure_origin) {}

  std::string set(std::string_view name, std::string_view value,
                  std::chrono::seconds max_age) const;  // Set-Cookie value
  std::string clear(std::string_view name) const;
  // Value of the cookie `name` (without prefix) if it occurs exactly once, RFC 6265 section 5.4
  // syntax.
  std::optional<std::string_view> read(const Request& request, std::string_view name) const;

 private:
  bool secure_;
};

}  // namespace gatehouse::http
