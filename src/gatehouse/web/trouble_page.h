// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/web/page.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// Everything that can keep a person from getting on, each with a page that says what to do next.
enum class Trouble {
  bad_request,        // the application sent something we cannot read
  unknown_client,     // its registration is gone or never was
  client_refused,     // what it publishes about itself cannot be accepted
  client_unreadable,  // or cannot be fetched now
  wrong_redirect,     // it wants the answer somewhere it did not register
  form_rejected,      // the consent form did not come from the page we gave this browser
  form_expired,       // it lay open for too long
  already_answered,   // the same form, twice
  sign_in_gone,       // no such trip: too old, finished, or another browser's
  declined_at_google,
  admin_policy,   // the organization's administrator has not allowed us at Google
  not_of_google,  // Google lets accounts of one organization in, and this is none
  google_error,   // Google came back with another error
  wrong_domain,
  no_domain,
  email_unverified,
  identity_invalid,  // the ID token did not hold
  google_unreachable,
  misconfigured,  // the operator's fault
  unavailable,    // our store or key service
  too_many,
};

Trouble trouble_of(identity::Refusal refusal);
// What Google's `error` parameter means at our callback.
Trouble trouble_from_google(std::string_view error);
// A short word for logs.
std::string_view word_for(Trouble trouble);

// A way on from a trouble page. An empty address stands for none.
struct WayOn {
  WayOn() {}
  WayOn(std::string to, std::string words) : address(std::move(to)), text(std::move(words)) {}
  std::string address;  // ours, or a redirect URI that was proven
  std::string text;
};

// Names the request's trace, for whoever tells their administrator. `again` starts the same thing
// anew; it stands first, and only where that can help.
Page trouble_page(const SiteSettings& settings, Trouble trouble,
                  const telemetry::RequestTrace& trace, const WayOn& way_on,
                  const WayOn& again = {});

}  // namespace gatehouse::web
