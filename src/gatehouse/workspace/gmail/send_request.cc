// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/send_request.h"

#include <cstdint>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::workspace::gmail {

namespace {

// After midnight a request without an id of its own may repeat one of the day
// before.
constexpr std::int64_t kDaySeconds = 24 * 3600;
constexpr std::int64_t kAfterMidnight = 3600;

std::string name_of_request(const std::string& principal, const std::string& request) {
  const crypto::Sha256 digest = crypto::sha256({"gmail_send\n", principal, "\n", request});
  return "gh." + base::hex_encode(crypto::view(digest)).substr(0, 32);
}

}  // namespace

SendRequest name_request(const MailWish& wish, const std::string& request_id,
                         const std::string& principal, const std::string& domain,
                         base::SystemTime now) {
  SendRequest request;
  request.domain = domain;
  request.content = wish.digest();
  if (!wish.to.empty()) request.first_recipient = wish.to.front();
  if (!request_id.empty()) {
    request.name = name_of_request(principal, "id " + request_id);
    return request;
  }
  const std::int64_t seconds = base::epoch_seconds(now);
  const auto on_day = [&](std::int64_t day) {
    return name_of_request(principal, "day " + std::to_string(day) + " " + request.content);
  };
  request.name = on_day(seconds / kDaySeconds);
  if (seconds % kDaySeconds < kAfterMidnight) request.earlier = on_day(seconds / kDaySeconds - 1);
  return request;
}

}  // namespace gatehouse::workspace::gmail
