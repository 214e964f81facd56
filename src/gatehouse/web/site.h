// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/cookie.h"
#include "gatehouse/http/router.h"
#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/oauth/authorization_server.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/own_sessions.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/vault/sealed_state.h"
#include "gatehouse/vault/session_trace.h"
#include "gatehouse/web/account.h"
#include "gatehouse/web/activity.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/consent.h"
#include "gatehouse/web/consent_form.h"
#include "gatehouse/web/consent_links.h"
#include "gatehouse/web/file_door.h"
#include "gatehouse/web/file_tickets.h"
#include "gatehouse/web/known_account.h"
#include "gatehouse/web/more_access.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/shared_cookie.h"
#include "gatehouse/web/sign_in.h"
#include "gatehouse/web/transaction.h"

namespace gatehouse::web {

// What the pages stand on. Everything must outlive the site.
struct SiteServices {
  SiteServices(oauth::AuthorizationServer& s, identity::IdentityProvider& p, vault::GrantVault& g,
               vault::OwnSessions& o, vault::RecordVault& r, vault::SessionTraces& t,
               const vault::SealedState& e, const ActivitySource& a, const base::Clock& c,
               base::Random& n, telemetry::Log& l)
      : server(s),
        provider(p),
        grants(g),
        own_sessions(o),
        records(r),
        traces(t),
        seals(e),
        activity(a),
        clock(c),
        random(n),
        log(l) {}

  oauth::AuthorizationServer& server;
  identity::IdentityProvider& provider;
  vault::GrantVault& grants;
  vault::OwnSessions& own_sessions;
  vault::RecordVault& records;
  vault::SessionTraces& traces;
  const vault::SealedState& seals;
  const ActivitySource& activity;
  const base::Clock& clock;
  base::Random& random;
  telemetry::Log& log;
};

// The pages people see, put together. Its routes point back to it.
class Site {
 public:
  Site(SiteSettings settings, const SiteServices& services);
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  // /, /style.css, /authorize, /consent, /consent/more, /oauth/google/callback, /login, /logout and
  // /account; and /logo when the operator has one.
  std::vector<http::Route> routes();

  // For calls that are refused because their session may do too little.
  ConsentLinks& consent_links() { return consent_links_; }
  // For files that people fetch and bring; whoever has them answers at /files.
  FileTickets& file_tickets() { return file_tickets_; }
  FileDoor& file_door() { return file_door_; }

 private:
  SiteSettings settings_;
  http::CookiePolicy cookies_;
  SharedCookie form_cookie_;     // set with the consent page
  SharedCookie sign_in_cookie_;  // set only once a person has agreed
  KnownAccount known_account_;
  Transactions transactions_;
  ConsentForms forms_;
  BrowserSessions sessions_;
  ConsentLinks consent_links_;
  FileTickets file_tickets_;
  SignIn sign_in_;
  FileDoor file_door_;
  Consent consent_;
  MoreAccessConsent more_access_;
  Account account_;
};

}  // namespace gatehouse::web
