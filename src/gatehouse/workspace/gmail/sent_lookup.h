// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/send_request.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// Until Google's search is sure to show what was sent or written.
inline constexpr std::chrono::seconds kSettling{15};

struct SentCopy {
  std::string id, thread_id;
  std::string content;  // empty when the mail does not say
};

// The mail of that request in the user's mailbox; nullopt: it is not there, or not visible yet.
// Google is said to give mail that it sends a Message-ID of its own, so recent sent mail is looked
// at for our mark too.
google::ApiTask<std::optional<SentCopy>> find_sent(Services& services, google::TokenSource& tokens,
                                                   const SendRequest& request);

// A draft that was written for that request; nullopt: there is none, or it is not visible yet.
struct DraftCopy {
  std::string draft_id, id, thread_id;
  std::string content;  // empty when the draft does not say
};
google::ApiTask<std::optional<DraftCopy>> find_draft(Services& services,
                                                     google::TokenSource& tokens,
                                                     const SendRequest& request);

}  // namespace gatehouse::workspace::gmail
