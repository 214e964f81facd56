// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/cookie.h"
#include "gatehouse/http/message.h"
#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// A person signed in to our pages. Gives no access to anything of Google's.
struct BrowserSession {
  BrowserSession() {}
  std::string id;        // of the record; no secret
  base::UserId subject;  // as Google names the person
  std::string email;
  std::string name;
  std::string domain;
  base::SystemTime signed_in_at{};
  base::SystemTime expires{};
  std::int64_t epoch = 0;  // of the user when the session began
};

// BROWSER# records, each sealed under the data key and the cookie `gth_browser` of its browser.
// They end at the latest with the seven days, and at once when the person signs out everywhere.
class BrowserSessions {
 public:
  BrowserSessions(const SiteSettings& settings, vault::RecordVault& records,
                  vault::GrantVault& grants, const http::CookiePolicy& cookies,
                  const base::Clock& clock, base::Random& random);

  // Stores a session for a person who has just signed in; gives the Set-Cookie value.
  vault::VaultTask<std::string> begin(const identity::Person& person);
  // Refused::unknown when the request has no session.
  vault::VaultTask<BrowserSession> find(const http::Request& request);
  vault::VaultTask<void> end(const BrowserSession& session);

  std::string clearing_cookie() const;

 private:
  const SiteSettings& settings_;
  vault::RecordVault& records_;
  vault::GrantVault& grants_;
  const http::CookiePolicy& cookies_;
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace gatehouse::web
