// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/web/account_view.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/page.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// What has just been done, told on the page that follows.
enum class AccountNews { none, session_ended, client_ended };

// Who is signed in, what is connected, what ended and why, with the ways to end it. `csrf` comes
// back with each of them.
Page account_page(const SiteSettings& settings, const BrowserSession& session,
                  const AccountView& view, AccountNews news, std::string_view csrf);

// For a visitor without a session, and after signing out.
Page signed_out_page(const SiteSettings& settings, std::string_view title,
                     std::string_view what_happened);

}  // namespace gatehouse::web
