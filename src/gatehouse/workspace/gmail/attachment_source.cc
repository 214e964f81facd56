// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/attachment_source.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/mime_tree.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiError;
using google::ApiFault;

constexpr std::chrono::seconds kBusyDelay{5};

ApiError no_such_part() {
  return {ApiFault::not_found_or_no_access, "The message has no such attachment.", {}, 0};
}

ApiError too_large() {
  return {ApiFault::too_large, "The attachment is larger than 25 MB.", {}, 0};
}

ApiError busy() {
  return {ApiFault::rate_limited, "Gatehouse is reading as many files as it can at the moment.",
          kBusyDelay, 0};
}

ApiError unreadable() {
  return {ApiFault::google_unavailable, "Google's answer could not be read.", {}, 0};
}

}  // namespace

google::ApiTask<void> AttachmentSource::find() {
  const google::ApiCall call = full_message(handle_.message_id);
  const auto message = co_await api_.call(tokens_, call);
  if (!message) co_return message.error();
  const auto payload = message->root().find("payload");
  const MimeTree tree = payload ? MimeTree::parse(*payload) : MimeTree();
  const auto& parts = tree.parts();
  const auto part = std::find_if(parts.begin(), parts.end(), [this](const MimePart& one) {
    return one.part_id == handle_.part_id && !one.mime.starts_with("multipart/");
  });
  if (part == parts.end()) co_return no_such_part();
  if (part->size > kAttachmentBytesMax) co_return too_large();
  declared_.name = part->file_name.empty() ? "unnamed" : part->file_name;
  declared_.mime = clean_line(part->mime).text;
  declared_.charset = part->charset;
  size_ = part->size;
  attachment_id_ = part->attachment_id;
  if (attachment_id_.empty()) data_ = part->data;
  co_return google::ApiResult<void>();
}

google::ApiTask<std::string> AttachmentSource::bytes() {
  if (attachment_id_.empty()) {
    auto held = co_await decoded(data_);
    co_return held;
  }
  const google::ApiCall call = attachment(handle_.message_id, attachment_id_);
  const auto answer = co_await api_.call(tokens_, call);
  if (!answer) co_return answer.error();
  const std::string_view data = answer->root().find_string("data").value_or("");
  auto fetched = co_await decoded(data);
  co_return fetched;
}

google::ApiTask<std::string> AttachmentSource::decoded(std::string_view data) {
  room_ = documents_.room_for(data.size() / 4 * 3);
  if (!room_) co_return busy();
  std::optional<std::string> bytes;
  const std::function<void()> decode = [data, &bytes] { bytes = attachment_bytes(data); };
  const bool ran = co_await documents_.work(decode);
  if (!ran) co_return busy();
  if (!bytes) co_return unreadable();
  co_return std::move(*bytes);
}

}  // namespace gatehouse::workspace::gmail
