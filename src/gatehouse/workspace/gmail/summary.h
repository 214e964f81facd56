// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"

namespace gatehouse::workspace::gmail {

// A message or a thread in a list. Texts are clean single lines of bounded length.
struct Summary {
  std::string id;
  std::string thread_id;
  std::string from_name, from_address;
  std::string to, cc;
  std::string subject;
  std::string snippet;
  std::string history_id;
  std::vector<std::string> label_ids;
  std::int64_t received = 0;  // epoch seconds
  std::int64_t size = 0;
  std::size_t messages = 1;     // of a thread
  bool has_attachment = false;  // a guess from the outermost MIME type

  std::size_t bytes() const;  // roughly, for caches
};

// What to ask of users.messages.get in format metadata, so that read_summary finds all it needs.
inline constexpr std::string_view kSummaryFields =
    "id,threadId,labelIds,snippet,historyId,internalDate,sizeEstimate,payload(mimeType,headers)";
inline constexpr std::string_view kThreadSummaryFields =
    "id,historyId,messages(id,threadId,labelIds,snippet,historyId,internalDate,sizeEstimate,"
    "payload(mimeType,headers))";
inline constexpr std::string_view kSummaryHeaders[] = {"From", "To", "Cc", "Subject"};

Summary read_summary(const base::JsonValue& message);

// The last message stands for a thread, with the first one's subject and the labels of all; at most
// 200 messages are looked at.
Summary read_thread_summary(const base::JsonValue& thread);

// Google's history ids are decimal numbers that may exceed 64 bits.
bool is_later_history(std::string_view a, std::string_view b);

}  // namespace gatehouse::workspace::gmail
