// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/decision_form.h"

namespace gatehouse::web {

Html decision_form(std::string_view action, std::string_view sealed_form, const Html& more) {
  return html(
      "<form method=\"post\" action=\"{}\">\n"
      "<input type=\"hidden\" name=\"form\" value=\"{}\">\n"
      "<div class=\"choices\">\n"
      "<button type=\"submit\" name=\"decision\" value=\"approve\">Allow and go to "
      "Google</button>\n"
      "{}"
      "<button type=\"submit\" name=\"decision\" value=\"deny\" class=\"second\">Do not allow"
      "</button>\n"
      "</div>\n"
      "</form>\n",
      action, sealed_form, more);
}

}  // namespace gatehouse::web
