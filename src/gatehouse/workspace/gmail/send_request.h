// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/workspace/gmail/compose.h"
#include "gatehouse/workspace/gmail/mail_address.h"

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

// `request_id` is the caller's own name for it, good for ever; without one the content and the day
// in UTC stand for it.
SendRequest name_request(const MailWish& wish, const std::string& request_id,
                         const std::string& principal, const std::string& domain,
                         base::SystemTime now);

}  // namespace gatehouse::workspace::gmail
