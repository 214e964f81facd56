// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/oauth/authorization_request.h"
#include "gatehouse/web/page.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// Whom Google will be asked to have chosen.
struct ExpectedAccount {
  ExpectedAccount() {}
  bool is_known = false;
  std::string address;  // of a person signed in to our pages, else empty
};

// The decision of who allows it, but with an account that is to be chosen at Google.
inline constexpr std::string_view kAnotherAccount = "another";

// Who asks and, of a client that publishes itself, at which host, where the answer goes, what it
// allows and for how long: shown for every request, before Google is asked for anything.
// `sealed_form` comes back with the answer.
Page consent_page(const SiteSettings& settings, const oauth::AuthorizationRequest& request,
                  std::string_view sealed_form, const ExpectedAccount& account);

// "claude.ai", "127.0.0.1:33418", "cursor://anysphere.cursor-mcp": what stands between a person and
// a code sent to the wrong place.
std::string redirect_place(std::string_view redirect_uri);

// The page of a request once more, for who wants to begin anew: it is judged again from the start.
std::string authorize_again(const oauth::AuthorizationRequest& request);

}  // namespace gatehouse::web
