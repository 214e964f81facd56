// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/http/url.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/sealed_state.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/trouble_page.h"

namespace gatehouse::web {

// What a person sees and ends of their own: GET /account and POST /logout.
class Account {
 public:
  Account(const SiteSettings& settings, BrowserSessions& sessions, vault::GrantVault& grants,
          const vault::SealedState& seals, telemetry::Log& log);

  base::Coroutine<http::Response> show(const http::Request& request);
  base::Coroutine<http::Response> sign_out(const http::Request& request);

 private:
  bool is_own_form(const http::FormFields& fields, const BrowserSession& session) const;
  base::Coroutine<bool> end(const BrowserSession& session, bool everywhere);
  http::Response trouble(Trouble trouble) const;

  const SiteSettings& settings_;
  BrowserSessions& sessions_;
  vault::GrantVault& grants_;
  const vault::SealedState& seals_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::web
