// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/web/page.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::web {

// How to connect: the one address, and a line for each common client.
Page home_page(const SiteSettings& settings);

}  // namespace gatehouse::web
