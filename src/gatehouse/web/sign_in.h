// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/http/url.h"
#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/oauth/authorization_endpoint.h"
#include "gatehouse/oauth/peer_rate_limit.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/own_sessions.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/known_account.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/shared_cookie.h"
#include "gatehouse/web/transaction.h"
#include "gatehouse/web/trouble_page.h"

namespace gatehouse::web {

// What Google's account chooser is told.
struct AccountChoice {
  AccountChoice() {}
  std::string known;      // whom it has chosen already: a sub or an address; empty: nobody
  bool is_asked = false;  // the person wants to choose, also where one account would go without
};

// The trip to Google and back, for a client that was allowed in or for our own pages. Stores
// nothing but the trip before Google has vouched for the person, and keeps nothing of a person who
// is refused.
class SignIn {
 public:
  SignIn(const SiteSettings& settings, oauth::AuthorizationEndpoint& authorization,
         identity::IdentityProvider& provider, vault::GrantVault& grants,
         Transactions& transactions, BrowserSessions& sessions, vault::OwnSessions& own_sessions,
         SharedCookie& cookie, const KnownAccount& known_account, const base::Clock& clock,
         telemetry::Log& log);

  // Sends the browser to Google for a client whose request the person approved. `id` names the
  // approval, so that it is acted on once.
  base::Coroutine<http::Response> begin_for_client(const http::Request& request, std::string id,
                                                   oauth::AuthorizationRequest asked,
                                                   AccountChoice account);

  // Sends the browser to Google for a session that its person allowed more.
  base::Coroutine<http::Response> begin_for_session(const http::Request& request,
                                                    Widening widening);

  // GET /login: the same for our own pages.
  base::Coroutine<http::Response> login(const http::Request& request);

  // The same, and afterwards on to `path` of ours.
  base::Coroutine<http::Response> begin_for_page(const http::Request& request, std::string path);

  // GET /oauth/google/callback.
  base::Coroutine<http::Response> come_back(const http::Request& request);

 private:
  using Identified = base::Result<identity::SignIn, Trouble>;

  base::Coroutine<http::Response> begin(const http::Request& request, Transaction transaction,
                                        AccountChoice account);
  base::Coroutine<base::Result<std::string, Trouble>> depart(const Transaction& transaction,
                                                             const base::Secret& holder,
                                                             const AccountChoice& account,
                                                             const telemetry::RequestTrace& trace);
  base::Coroutine<http::Response> go_again(const Transaction& transaction,
                                           const base::Secret& holder, const base::UserId& chosen,
                                           const telemetry::RequestTrace& trace);
  base::Coroutine<Identified> identify(const Transaction& transaction,
                                       const http::FormFields& parameters,
                                       const telemetry::RequestTrace& trace);
  base::Coroutine<http::Response> admit_client(const http::Request& request,
                                               const Transaction& transaction,
                                               identity::SignIn signed_in);
  base::Coroutine<http::Response> admit_widening(const http::Request& request,
                                                 const Transaction& transaction,
                                                 identity::SignIn signed_in);
  base::Coroutine<void> note_session(const base::UserId& subject, vault::SessionNote note,
                                     const telemetry::RequestTrace& trace);
  base::Coroutine<http::Response> admit_browser(const Transaction& transaction,
                                                const identity::Person& person,
                                                const telemetry::RequestTrace& trace);
  http::Response refuse(const Transaction& transaction, Trouble trouble,
                        const telemetry::RequestTrace& trace) const;
  http::Response show(Trouble trouble, const telemetry::RequestTrace& trace) const;

  const SiteSettings& settings_;
  oauth::AuthorizationEndpoint& authorization_;
  identity::IdentityProvider& provider_;
  vault::GrantVault& grants_;
  Transactions& transactions_;
  BrowserSessions& sessions_;
  vault::OwnSessions& own_sessions_;
  SharedCookie& cookie_;
  const KnownAccount& known_account_;
  oauth::PeerRateLimit limit_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::web
