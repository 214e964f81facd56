// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/mail_address.h"
#include "gatehouse/workspace/gmail/mail_reference.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// The mail that is answered, as far as an answer needs it. All of it was written by strangers;
// addresses that parse_address_list() does not take are left out and counted.
struct Original {
  std::string id, thread_id;
  std::string subject;                  // decoded, one clean line
  std::vector<std::string> references;  // for the answer: the thread's, then this mail's own id
  std::vector<MailAddress> from, reply_to, to, cc;
  std::size_t odd_addresses = 0;
};

// What to ask for in format metadata, so that read_original finds all it needs.
inline constexpr std::string_view kOriginalHeaders[] = {
    "From", "Reply-To", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References"};
Original read_original(const base::JsonValue& message);

// Of a thread its latest mail that is no draft. A bare id is a message until Gmail knows none of
// that name.
google::ApiTask<Original> load_original(Services& services, google::TokenSource& tokens,
                                        const MailReference& reference);

// Whom an answer goes to: Reply-To before From; if the user wrote the mail themselves, whom they
// wrote to. To all: those and everybody else of To and Cc. Nobody twice, and the user only when
// they alone are left.
struct ReplyRecipients {
  std::vector<MailAddress> to, cc;
};
ReplyRecipients reply_recipients(const Original& original, bool to_all,
                                 const std::vector<MailAddress>& own);

// "Re: " once.
std::string reply_subject(const std::string& subject);

}  // namespace gatehouse::workspace::gmail
