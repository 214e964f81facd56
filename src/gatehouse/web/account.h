// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/http/url.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/own_sessions.h"
#include "gatehouse/vault/sealed_state.h"
#include "gatehouse/web/account_view.h"
#include "gatehouse/web/activity.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/known_account.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/trouble_page.h"

namespace gatehouse::web {

// What a person sees and ends of their own: GET /account and POST /logout, which ends one session,
// those of one client, this browser's, or everything.
class Account {
 public:
  Account(const SiteSettings& settings, BrowserSessions& sessions, vault::GrantVault& grants,
          vault::OwnSessions& own_sessions, const ActivitySource& activity,
          const vault::SealedState& seals, const KnownAccount& known_account, telemetry::Log& log);

  base::Coroutine<http::Response> show(const http::Request& request);
  base::Coroutine<http::Response> sign_out(const http::Request& request);

 private:
  // What a form asks to be ended.
  struct Choice {
    enum class What { session, client, browser, everywhere };
    What what = What::browser;
    std::string grant;  // of a session; of any one of a client's
  };
  static std::optional<Choice> choice_in(const http::FormFields& fields);

  base::Coroutine<AccountView> view_of(const http::Request& request, const base::UserId& subject);
  bool is_own_form(const http::FormFields& fields, const BrowserSession& session) const;
  base::Coroutine<http::Response> end_sessions(const http::Request& request,
                                               const BrowserSession& session, const Choice& choice);
  base::Coroutine<base::Result<std::vector<std::string>, vault::RefusedError>> grants_in(
      const base::UserId& subject, const Choice& choice);
  base::Coroutine<http::Response> leave(const http::Request& request, const BrowserSession& session,
                                        bool everywhere);
  base::Coroutine<bool> end(const http::Request& request, const BrowserSession& session,
                            bool everywhere);
  std::string user_of(const BrowserSession& session) const;
  http::Response signed_out(std::string_view what_happened) const;
  http::Response trouble(const http::Request& request, Trouble trouble) const;

  const SiteSettings& settings_;
  BrowserSessions& sessions_;
  vault::GrantVault& grants_;
  vault::OwnSessions& own_sessions_;
  const ActivitySource& activity_;
  const vault::SealedState& seals_;
  const KnownAccount& known_account_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::web
