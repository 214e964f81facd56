// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/web/more_access_page.h"
#include "gatehouse/web/page.h"
#include "gatehouse/web/settings.h"
#include "gatehouse/web/widening.h"

namespace gatehouse::web {

// Asks a person for their Google account, for a session that their company's identity provider let
// begin (docs/decisions/0009). The address it has to have is known by then.
Page connect_page(const SiteSettings& settings, const Widening& widening,
                  std::string_view client_name, std::string_view sealed_form);

// How that ended. `link_gone` looks the same for every link.
Page connect_end_page(const SiteSettings& settings, MoreAccess end, const Widening& widening,
                      std::string_view client_name);

}  // namespace gatehouse::web
