// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/workspace/gmail/mail_address.h"

namespace gatehouse::workspace::gmail {

// A mail that we write. Everything in it may come from outside.
struct OutgoingMessage {
  MailAddress from;
  std::vector<MailAddress> to, cc, bcc;
  std::string subject;
  std::string body;  // markdown
  base::SystemTime date{};
  std::string message_id;               // with its angle brackets
  std::string mark;                     // X-Gatehouse-Request, ASCII; survives Google
  std::vector<std::string> references;  // message ids, oldest first; the last is answered
};

// RFC 5322 and MIME: the body as plain text and as HTML, 7-bit, CRLF. The boundary is random and
// holds what neither part can hold, so no text ends its part. Google takes Bcc out of what it
// sends.
std::string write_message(const OutgoingMessage& message, base::Random& random);

// RFC 5322 section 3.3, in UTC.
std::string mail_date(base::SystemTime time);

}  // namespace gatehouse::workspace::gmail
