// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/workspace/gmail/mail_address.h"
#include "gatehouse/workspace/gmail/outgoing_file.h"

namespace gatehouse::workspace::gmail {

// A mail that we write. Everything in it may come from outside.
struct OutgoingMessage {
  MailAddress from;
  std::vector<MailAddress> to, cc, bcc;
  std::string subject;
  std::string body;            // markdown
  std::string forwarded_head;  // of a mail that is passed on beneath the body: plain lines
  std::string forwarded_text;  // and markdown
  std::vector<OutgoingFile> files;
  base::SystemTime date{};
  std::string message_id;               // with its angle brackets
  std::string mark;                     // X-Gatehouse-Request, ASCII; survives Google
  std::vector<std::string> references;  // message ids, oldest first; the last is answered
};

// RFC 5322 and MIME: the body as plain text and as HTML, 7-bit, CRLF. The boundary is random and
// holds what neither part can hold, so no text ends its part. Google takes Bcc out of what it
// sends. Without its files, of which there must be none.
std::string write_message(const OutgoingMessage& message, base::Random& random);

// Writes a message with files at the end of `out`, a file after the other, so that none needs to be
// in memory beside it.
class FiledMessage {
 public:
  FiledMessage(const OutgoingMessage& message, base::Random& random, base::Secret& out);

  // The next of the message's files. False when the bytes are damaged: the message is then worth
  // nothing.
  bool add(const OutgoingFile& file, std::string_view base64url);
  void finish();

 private:
  base::Secret& out_;
  std::string delimiter_;
};

// RFC 5322 section 3.3, in UTC.
std::string mail_date(base::SystemTime time);

}  // namespace gatehouse::workspace::gmail
