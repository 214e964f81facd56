// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/authorization_endpoint.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/sealed_state.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/consent_links.h"
#include "gatehouse/web/more_access_page.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/shared_cookie.h"
#include "gatehouse/web/sign_in.h"

namespace gatehouse::web {

// Asks the person of a session to allow it more, for clients that cannot authorize anew by
// themselves. Following the link changes nothing; the answer counts from the page of ours that this
// browser was shown, and then only from the session's own person at Google.
class MoreAccessConsent {
 public:
  MoreAccessConsent(const SiteSettings& settings, oauth::AuthorizationEndpoint& authorization,
                    SignIn& sign_in, ConsentLinks& links, const vault::SealedState& seals,
                    BrowserSessions& sessions, SharedCookie& cookie, telemetry::Log& log);

  // GET /consent?more=...
  base::Coroutine<http::Response> ask(const http::Request& request);
  // POST /consent/more.
  base::Coroutine<http::Response> answer(const http::Request& request);

 private:
  http::Response refuse(const http::Request& request, const vault::RefusedError& refused) const;
  http::Response end(const http::Request& request, MoreAccess how,
                     std::string_view client_name) const;
  http::Response decline(const http::Request& request, const Widening& widening,
                         std::string_view client_name) const;
  http::Response reject(const http::Request& request, Trouble trouble) const;
  void note(const http::Request& request, MoreAccess how) const;

  const SiteSettings& settings_;
  oauth::AuthorizationEndpoint& authorization_;
  SignIn& sign_in_;
  ConsentLinks& links_;
  const vault::SealedState& seals_;
  BrowserSessions& sessions_;
  SharedCookie& cookie_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::web
