// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/summary.h"

#include <algorithm>
#include <charconv>

#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/header_text.h"
#include "gatehouse/workspace/gmail/html_entities.h"
#include "gatehouse/workspace/gmail/message_view.h"
#include "gatehouse/workspace/gmail/mime_tree.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kSubjectMax = 150;
constexpr std::size_t kSnippetMax = 200;
constexpr std::size_t kNameMax = 80;
constexpr std::size_t kAddressMax = 120;
constexpr std::size_t kPeopleMax = 5;
constexpr std::size_t kLabelsMax = 50;
constexpr std::size_t kThreadMessagesMax = 200;

std::string text_member(const base::JsonValue& json, std::string_view name) {
  return std::string(json.find_string(name).value_or("").substr(0, 4'000));
}

std::string line(std::string_view text, std::size_t characters_max) {
  return shortened(clean_line(text).text, characters_max);
}

void read_people(const std::vector<MailHeader>& headers, Summary& summary) {
  const std::vector<Address> from = parse_addresses(header_of(headers, "From"));
  if (!from.empty()) {
    summary.from_name = line(from.front().name, kNameMax);
    summary.from_address = line(from.front().address, kAddressMax);
  }
  summary.to = people_of(header_of(headers, "To"), kPeopleMax);
  summary.cc = people_of(header_of(headers, "Cc"), kPeopleMax);
}

}  // namespace

std::size_t Summary::bytes() const {
  std::size_t size_of_labels = 0;
  for (const std::string& label : label_ids) size_of_labels += label.size() + sizeof(std::string);
  return sizeof(Summary) + id.size() + thread_id.size() + from_name.size() + from_address.size() +
         to.size() + cc.size() + subject.size() + snippet.size() + history_id.size() +
         size_of_labels;
}

Summary read_summary(const base::JsonValue& message) {
  Summary summary;
  summary.id = text_member(message, "id");
  summary.thread_id = text_member(message, "threadId");
  summary.history_id = text_member(message, "historyId");
  summary.snippet = line(decode_entities(text_member(message, "snippet")), kSnippetMax);
  summary.size = message.find_integer("sizeEstimate").value_or(0);
  const std::string date = text_member(message, "internalDate");
  std::int64_t milliseconds = 0;
  std::from_chars(date.data(), date.data() + date.size(), milliseconds);
  summary.received = milliseconds / 1000;
  if (const auto labels = message.find("labelIds")) {
    for (const base::JsonValue& label : labels->elements()) {
      if (summary.label_ids.size() < kLabelsMax)
        summary.label_ids.emplace_back(label.as_string().value_or("").substr(0, 100));
    }
  }
  if (const auto payload = message.find("payload")) {
    const std::vector<MailHeader> headers = read_headers(*payload);
    read_people(headers, summary);
    summary.subject = line(decode_header(header_of(headers, "Subject")), kSubjectMax);
    summary.has_attachment = payload->find_string("mimeType").value_or("") == "multipart/mixed";
  }
  return summary;
}

Summary read_thread_summary(const base::JsonValue& thread) {
  Summary whole;
  const auto messages = thread.find("messages");
  if (!messages) return whole;
  const std::vector<base::JsonValue> all = messages->elements();
  std::vector<std::string> labels;
  std::string subject;
  bool has_attachment = false;
  for (std::size_t i = 0; i < all.size() && i < kThreadMessagesMax; ++i) {
    Summary one = read_summary(all[i]);
    if (i == 0) subject = one.subject;
    has_attachment |= one.has_attachment;
    for (std::string& label : one.label_ids) {
      if (std::find(labels.begin(), labels.end(), label) == labels.end())
        labels.push_back(std::move(label));
    }
    whole = std::move(one);
  }
  whole.id = text_member(thread, "id");
  whole.history_id = text_member(thread, "historyId");
  whole.subject = subject;
  whole.has_attachment = has_attachment;
  whole.label_ids = std::move(labels);
  whole.messages = all.size();
  return whole;
}

bool is_later_history(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}

}  // namespace gatehouse::workspace::gmail
