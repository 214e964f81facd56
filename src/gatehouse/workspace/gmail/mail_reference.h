// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

// A message or thread as a caller names it.
struct MailReference {
  enum class Kind { message, thread, either };
  Kind kind = Kind::either;
  std::string id;  // [A-Za-z0-9_-]{1,64}
};

// Accepts ids as tools give them ("18c2f0...", "t:18c2f0..."), "msg-f:" and "thread-f:" numbers,
// and addresses of Gmail's pages
// (#inbox/18c2f0..., #all/FMfcgz..., permmsgid=, permthid=). nullopt for anything else. Nothing is
// fetched.
std::optional<MailReference> parse_mail_reference(std::string_view text);

}  // namespace gatehouse::workspace::gmail
