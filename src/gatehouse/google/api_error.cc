// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/api_error.h"

#include <cassert>

namespace gatehouse::google {

std::string_view name_of(ApiFault fault) {
  switch (fault) {
    case ApiFault::scope_missing:
      return "scope_missing";
    case ApiFault::reconsent_needed:
      return "reconsent_needed";
    case ApiFault::rate_limited:
      return "rate_limited";
    case ApiFault::not_found_or_no_access:
      return "not_found_or_no_access";
    case ApiFault::blocked_by_admin:
      return "blocked_by_admin";
    case ApiFault::too_large:
      return "too_large";
    case ApiFault::conflict:
      return "conflict";
    case ApiFault::invalid_argument:
      return "invalid_argument";
    case ApiFault::google_unavailable:
      return "google_unavailable";
    case ApiFault::outcome_unknown:
      return "outcome_unknown";
  }
  assert(false);
  return "";
}

}  // namespace gatehouse::google
