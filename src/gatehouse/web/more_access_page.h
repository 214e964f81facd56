// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/web/page.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/widening.h"

namespace gatehouse::web {

// Asks a person to allow a session of theirs more. `account` is the address of who is signed in to
// our pages when that is the session's own person, else empty.
Page more_access_page(const SiteSettings& settings, const Widening& widening,
                      std::string_view client_name, std::string_view account,
                      std::string_view sealed_form);

// How that can end.
enum class MoreAccess {
  allowed,
  not_allowed,    // on our page
  not_at_google,  // Google granted less than it takes
  other_account,
  link_gone,
};
Page more_access_end_page(const SiteSettings& settings, MoreAccess end,
                          std::string_view client_name);
// A short word for logs.
std::string_view word_for(MoreAccess end);

}  // namespace gatehouse::web
