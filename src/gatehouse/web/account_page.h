// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/web/browser_session.h"
#include "gatehouse/web/page.h"

namespace gatehouse::web {

// Who is signed in and until when, with the two ways out. `csrf` comes back with either.
Page account_page(const BrowserSession& session, std::string_view csrf);

// For a visitor without a session, and after signing out.
Page signed_out_page(std::string_view title, std::string_view what_happened);

// "Friday 27 November 2026, 09:14 UTC".
std::string time_words(base::SystemTime time);

}  // namespace gatehouse::web
