// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/send_request.h"

#include <cstdint>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/workspace/consent.h"

namespace gatehouse::workspace::gmail {

namespace {

// After midnight a request without an id of its own may repeat one of the day
// before.
constexpr std::int64_t kDaySeconds = 24 * 3600;
constexpr std::int64_t kAfterMidnight = 3600;
constexpr std::string_view kSend = "gmail_send";
constexpr std::string_view kDraft = "gmail_draft";

std::string name_of_request(std::string_view tool, const std::string& principal,
                            const std::string& request) {
  const crypto::Sha256 digest = crypto::sha256({tool, "\n", principal, "\n", request});
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
    request.name = name_of_request(kSend, principal, "id " + request_id);
    return request;
  }
  const std::int64_t seconds = base::epoch_seconds(now);
  const auto on_day = [&](std::int64_t day) {
    return name_of_request(kSend, principal, "day " + std::to_string(day) + " " + request.content);
  };
  request.name = on_day(seconds / kDaySeconds);
  if (seconds % kDaySeconds < kAfterMidnight) request.other = on_day(seconds / kDaySeconds - 1);
  return request;
}

SendRequest name_draft(const std::string& draft_id, const std::string& request_id,
                       const std::string& principal, const std::string& user,
                       const std::string& domain) {
  SendRequest request;
  request.domain = domain;
  request.content = digest_of_parts({"draft", draft_id});
  request.name = name_of_request(kSend, user, "draft " + draft_id);
  request.has_both_names = !request_id.empty();
  if (request.has_both_names) request.other = name_of_request(kSend, principal, "id " + request_id);
  return request;
}

SendRequest name_new_draft(const MailWish& wish, const std::string& draft_id,
                           const std::string& request_id, const std::string& principal,
                           const std::string& domain) {
  SendRequest request;
  request.domain = domain;
  request.content = digest_of_parts({wish.digest(), draft_id});
  request.name = name_of_request(kDraft, principal, "id " + request_id);
  return request;
}

}  // namespace gatehouse::workspace::gmail
