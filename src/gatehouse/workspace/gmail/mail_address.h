// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::workspace::gmail {

// A mailbox that mail may be sent to. What decides whether it may, and what writes it into the
// message, both look at this, so that the two cannot understand an address differently.
struct MailAddress {
  std::string name;    // clean and on one line; may be empty
  std::string local;   // RFC 5322 dot-atom, as written
  std::string domain;  // see ascii_domain()

  std::string text() const { return local + "@" + domain; }
  // Local parts are compared without regard to case, as all providers that matter do.
  bool is_same_mailbox(const MailAddress& other) const;
};

struct AddressList {
  std::vector<MailAddress> addresses;
  std::string complaint;  // what is wrong with the text, for whoever wrote it; empty: nothing
};

// Mailboxes as people write them, separated by commas or semicolons: ann@x.example,
// Ann <ann@x.example>, "Archer, Ann" <ann@x.example>. Strict where a mistake would send mail
// elsewhere: no groups, comments, routes, quoted local parts or address literals, nothing that is
// not ASCII before the @, no control characters anywhere.
AddressList parse_address_list(std::string_view text);

}  // namespace gatehouse::workspace::gmail
