// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/mail_address.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// How a mail of ours is known again. The names are made of who asked for it and of what request it
// is, so a repeated call finds what the first one sent, on every replica and after a restart.
struct SendRequest {
  std::string name;     // "gh." and 32 hexadecimal digits: the left part of the Message-ID
  std::string earlier;  // the name it had yesterday, when that may still matter; else empty
  std::string domain;   // the right part
  std::string content;  // digest of what is to be sent
  std::optional<MailAddress> first_recipient;  // when the caller named one

  std::string message_id() const { return "<" + name + "@" + domain + ">"; }
  std::string mark() const { return name + " " + content; }
};

struct SentCopy {
  std::string id, thread_id;
  std::string content;  // empty when the mail does not say
};

// The mail of that request in the user's mailbox; nullopt: it is not there, or not visible yet.
// Google is said to give mail that it sends a Message-ID of its own, so recent sent mail is looked
// at for our mark too.
google::ApiTask<std::optional<SentCopy>> find_sent(Services& services, google::TokenSource& tokens,
                                                   const SendRequest& request);

}  // namespace gatehouse::workspace::gmail
