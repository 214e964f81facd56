// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/workspace/gmail/mail_address.h"

namespace gatehouse::workspace::gmail {

// Writes the header of a message, RFC 5322: ASCII, folded, no line above 78 bytes unless one word
// is longer. No text given to it can end its field: control characters become spaces, and what is
// not plain ASCII becomes encoded words (RFC 2047). Names of fields are ours.
class HeaderWriter {
 public:
  // A value that is ours: printable ASCII of one line, asserted.
  void fixed(std::string_view name, std::string_view value);
  // UTF-8 for people to read; broken sequences become U+FFFD.
  void text(std::string_view name, std::string_view value);
  // Nothing when there are none.
  void addresses(std::string_view name, const std::vector<MailAddress>& list);
  // Message ids with their angle brackets, each on a line of its own; nothing when there are none.
  // Those that is_message_id() denies are left out.
  void message_ids(std::string_view name, const std::vector<std::string>& ids);
  // `value; key="text"`, or by RFC 2231 in UTF-8 where the text is long or not plain ASCII.
  // All but the text are ours.
  void parameter(std::string_view name, std::string_view value, std::string_view key,
                 std::string_view text);

  // All lines so far, each with its CRLF.
  const std::string& lines() const { return lines_; }

 private:
  void begin(std::string_view name);

  std::string lines_;
};

// <left@right> of visible ASCII, at most 500 bytes: what may stand in References.
bool is_message_id(std::string_view text);

}  // namespace gatehouse::workspace::gmail
