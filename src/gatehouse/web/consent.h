// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/authorization_endpoint.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/consent_form.h"
#include "gatehouse/web/known_account.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/shared_cookie.h"
#include "gatehouse/web/sign_in.h"

namespace gatehouse::web {

// Asks the person before anything else happens, for every client and every time: Google remembers
// its own consent to us, so ours is the only one that knows which client asks. Nothing is stored
// until the answer is yes.
class Consent {
 public:
  Consent(const SiteSettings& settings, oauth::AuthorizationEndpoint& authorization,
          SignIn& sign_in, ConsentForms& forms, BrowserSessions& sessions, SharedCookie& cookie,
          const KnownAccount& known_account, telemetry::Log& log);

  // GET /authorize.
  base::Coroutine<http::Response> ask(const http::Request& request);
  // POST /consent.
  base::Coroutine<http::Response> answer(const http::Request& request);

 private:
  base::Coroutine<http::Response> show_page(const http::Request& request,
                                            const oauth::AuthorizationRequest& asked);
  base::Coroutine<BrowserSession> session_of(const http::Request& request);
  http::Response show(const http::Request& request, const oauth::LocalRefusal& refusal) const;
  http::Response reject(const http::Request& request, Trouble trouble) const;
  http::Response deny(const http::Request& request, const ConsentForm& form) const;

  const SiteSettings& settings_;
  oauth::AuthorizationEndpoint& authorization_;
  SignIn& sign_in_;
  ConsentForms& forms_;
  BrowserSessions& sessions_;
  SharedCookie& cookie_;
  const KnownAccount& known_account_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::web
