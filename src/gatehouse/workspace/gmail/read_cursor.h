// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/workspace/gmail/mail_reference.h"
#include "gatehouse/workspace/gmail/message_view.h"

namespace gatehouse::workspace::gmail {

// What is still to be read of a call of gmail_read; sealed, it is the cursor.
struct ReadCursor {
  std::vector<MailReference> items;
  std::size_t message = 0;  // of the first item, when that is a thread
  std::size_t offset = 0;   // in bytes of that message's body
  ViewOptions options;

  std::string text() const;
  static std::optional<ReadCursor> parse(std::string_view text);
};

}  // namespace gatehouse::workspace::gmail
