// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/web/page.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// What this is, the one address, how each common client takes it, and what to do when Google stops
// somebody: some of its refusals never come back to us.
Page home_page(const SiteSettings& settings);

}  // namespace gatehouse::web
