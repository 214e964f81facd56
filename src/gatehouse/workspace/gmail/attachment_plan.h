// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

// A file of a message, named by what stays: Google's own ids of attachments change with every
// answer.
struct AttachmentHandle {
  std::string message_id;
  std::string part_id;  // "0.1"; empty for a message that is nothing but a file

  std::string text() const { return message_id + "/" + part_id; }
  static std::optional<AttachmentHandle> parse(std::string_view text);
};

// In the order of the tool's choices.
enum class AttachmentForm { automatic, text, image, base64, link };

// What to read and how; sealed, it is the cursor.
struct AttachmentPlan {
  AttachmentHandle handle;
  AttachmentForm form = AttachmentForm::automatic;
  std::string pages;       // as the caller wrote them; empty: all
  std::size_t offset = 0;  // in bytes of the text

  std::string text() const;
  static std::optional<AttachmentPlan> parse(std::string_view text);
};

}  // namespace gatehouse::workspace::gmail
