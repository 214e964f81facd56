// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/ids.h"
#include "gatehouse/web/html.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// What a client calls itself made fit to be shown, or a stand-in.
std::string shown_client_name(std::string_view client_name);

// The row of a consent page that says who asks, and whose word the name is: the client's own, that
// of the host where it publishes itself, or the operator's.
Html who_asks(const SiteSettings& settings, const base::ClientId& client,
              std::string_view client_name);

}  // namespace gatehouse::web
