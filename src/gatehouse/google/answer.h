// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/http/client.h"

namespace gatehouse::google {

// What to do about an answer that is not a success.
enum class Step {
  give_up,
  renew_token,     // 401: once
  wait_and_retry,  // Google refused to start; nothing has happened, so even a send may be repeated
  retry_if_safe,   // something may have happened: only calls that may be sent twice
};

struct Verdict {
  Verdict() {}
  Step step = Step::give_up;
  bool concerns_project = false;  // all users have used up together what Google allows
  ApiError error{ApiFault::google_unavailable, {}, std::nullopt, 0};
};

// Judges by the reasons in the body, not by the status alone: Google uses 403 for rates, rights and
// disabled APIs alike.
Verdict judge(const http::ClientResponse& response, base::SystemTime now);

// Retry-After in seconds or as an HTTP date (RFC 9110 section 10.2.3), or Gmail's "Retry after
// 2026-11-24T04:05:06.000Z" inside a message. nullopt when there is none; never negative.
std::optional<std::chrono::seconds> stated_delay(std::string_view retry_after,
                                                 std::string_view message, base::SystemTime now);

}  // namespace gatehouse::google
