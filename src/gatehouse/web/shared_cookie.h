// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/http/cookie.h"
#include "gatehouse/http/message.h"

namespace gatehouse::web {

// A random secret that a browser holds while it has something open with us. Its tabs share it, so
// that any number of abandoned sign-ins costs one small cookie; it counts them, so that the last
// one to finish clears it.
class SharedCookie {
 public:
  struct Held {
    Held() {}
    base::Secret secret;  // 43 characters of base64url
    int open = 0;         // how many tabs have something open
  };

  SharedCookie(const http::CookiePolicy& policy, std::string name, std::chrono::seconds lifetime,
               base::Random& random);

  std::optional<Held> read(const http::Request& request) const;
  Held read_or_make(const http::Request& request);

  // One tab more has something open; sets the cookie anew.
  void add_tab(http::Response& response, const Held& held) const;
  // One tab less; clears the cookie when it was the last.
  void drop_tab(http::Response& response, const Held& held) const;

 private:
  void set(http::Response& response, const Held& held, int open) const;

  const http::CookiePolicy& policy_;
  std::string name_;
  std::chrono::seconds lifetime_;
  base::Random& random_;
};

}  // namespace gatehouse::web
