// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/identity/identity_provider.h"
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
  google_error,  // Google came back with an error
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
// A short word for logs.
std::string_view word_for(Trouble trouble);

// A way on from a trouble page. An empty address stands for none.
struct WayOn {
  WayOn() {}
  WayOn(std::string to, std::string words) : address(std::move(to)), text(std::move(words)) {}
  std::string address;  // ours, or a redirect URI that was proven
  std::string text;
};

Page trouble_page(const SiteSettings& settings, Trouble trouble, const WayOn& way_on);

}  // namespace gatehouse::web
