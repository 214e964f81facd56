// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "gatehouse/google/api_client.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/http/byte_budget.h"
#include "gatehouse/workspace/gmail/compose.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// Where a mail goes at Google.
struct MailDoor {
  enum class Kind { send, new_draft, replaced_draft };
  Kind kind = Kind::send;
  std::string draft_id;  // the one to replace
};

// The request that brings a mail there. What its files take counts among all such mails until it
// is gone.
struct MailRequest {
  explicit MailRequest(google::ApiCall call_to_make) : call(std::move(call_to_make)) {}
  google::ApiCall call;
  http::ByteBudget::Share held;
};

// How large it will be, about.
std::size_t size_of(const OutgoingMessage& message, base::Random& random);

// Fetches the files, one after the other, and writes the mail. Without files it asks Google nothing
// and does not fail.
google::ApiTask<MailRequest> write_request(Services& services, google::TokenSource& tokens,
                                           const ComposedMail& mail, const MailDoor& door);

}  // namespace gatehouse::workspace::gmail
