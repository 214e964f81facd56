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
  std::string name;  // "gh." and 32 hexadecimal digits: the left part of the Message-ID
  // A second name, empty when there is none: the one it had yesterday, when that may still matter,
  // or that of its request_id, which then stands in the mark.
  std::string other;
  bool has_both_names = false;
  std::string domain;                          // the right part
  std::string content;                         // digest of what is to be sent
  std::optional<MailAddress> first_recipient;  // when the caller named one

  std::string message_id() const { return "<" + name + "@" + domain + ">"; }
  std::string mark() const { return (has_both_names ? other : name) + " " + content; }
};

// `request_id` is the caller's own name for it, good for ever; without one the content and the day
// in UTC stand for it.
SendRequest name_request(const MailWish& wish, const std::string& request_id,
                         const std::string& principal, const std::string& domain,
                         base::SystemTime now);
// A draft is sent once, by whichever client and whatever its request_id: the draft itself names the
// mail.
SendRequest name_draft(const std::string& draft_id, const std::string& request_id,
                       const std::string& principal, const std::string& user,
                       const std::string& domain);
// A draft that is to be written, under the caller's own name for it.
SendRequest name_new_draft(const MailWish& wish, const std::string& draft_id,
                           const std::string& request_id, const std::string& principal,
                           const std::string& domain);

}  // namespace gatehouse::workspace::gmail
