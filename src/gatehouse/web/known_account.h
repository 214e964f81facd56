// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/ids.h"
#include "gatehouse/http/cookie.h"
#include "gatehouse/http/message.h"
#include "gatehouse/vault/sealed_state.h"

namespace gatehouse::web {

// Which account signed in last in this browser, so that Google is told at the next sign-in and has
// it chosen already. The cookie holds Google's `sub` and nothing else, sealed, for 30 days. It is a
// hint: whoever comes back from Google is judged as if it were not there.
class KnownAccount {
 public:
  // Both must outlive this.
  KnownAccount(const http::CookiePolicy& cookies, const vault::SealedState& seals);

  // Empty when the browser brings none, or none of ours that is still good: who forges one gains
  // nothing and is told nothing.
  base::UserId read(const http::Request& request) const;
  void remember(http::Response& response, const base::UserId& subject) const;
  void forget(http::Response& response) const;

 private:
  const http::CookiePolicy& cookies_;
  const vault::SealedState& seals_;
};

}  // namespace gatehouse::web
