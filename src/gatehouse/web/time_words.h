// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/web/html.h"

namespace gatehouse::web {

// "Friday 27 November 2026, 09:14 UTC".
std::string time_words(base::SystemTime time);

// The same without the weekday, for lists.
std::string short_time_words(base::SystemTime time);

// That as an element, which programs can read too.
Html time_element(base::SystemTime time);

}  // namespace gatehouse::web
