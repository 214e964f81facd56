// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"

namespace gatehouse::google {

// What went wrong, in the words that tools answer with.
enum class ApiFault {
  scope_missing,     // the person did not grant what this call needs
  reconsent_needed,  // Google no longer honours the grant: sign in again
  rate_limited,
  not_found_or_no_access,
  blocked_by_admin,  // API disabled, domain policy, account suspended
  too_large,
  conflict,
  invalid_argument,
  google_unavailable,  // transient: 5xx, no connection, nonsense answers
  outcome_unknown,     // a write whose answer was lost
};

std::string_view name_of(ApiFault fault);

struct ApiError {
  ApiFault code;
  std::string
      message;  // safe for the model: says what happened; never a token, URL query or internals
  std::optional<std::chrono::seconds> retry_after;
  int status = 0;  // HTTP status, 0 when there was no answer
};

template <class T>
using ApiResult = base::Result<T, ApiError>;
template <class T>
using ApiTask = base::Coroutine<ApiResult<T>>;

}  // namespace gatehouse::google
