// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/web/html.h"

namespace gatehouse::web {

// Yes or no: posts `form` and the `decision`, "approve" or "deny", to `action`. `more` are further
// buttons, between the two.
Html decision_form(std::string_view action, std::string_view sealed_form, const Html& more);

}  // namespace gatehouse::web
