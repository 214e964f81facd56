// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/mail_answer.h"

#include "gatehouse/base/json_writer.h"
#include "gatehouse/workspace/json_strings.h"

namespace gatehouse::workspace::gmail {

namespace {

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : std::string(between)) + text;
  return all;
}

std::string note_of(std::size_t odd_addresses) {
  return std::to_string(odd_addresses) + (odd_addresses == 1 ? " address" : " addresses") +
         " of the answered mail could not be used";
}

}  // namespace

mcp::ToolResult preview_result(const MailPreview& preview, const Fence& fence) {
  mcp::ToolResult result;
  base::JsonWriter json(result.structured);
  json.begin_object().member("status", preview.status);
  result.text = "status: " + std::string(preview.status);
  const auto put = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    json.member(name, value);
    result.text += "\n" + std::string(name) + ": " + std::string(value);
  };
  put("draft_id", preview.draft_id);
  put("from", preview.from);
  put("confirmation", preview.confirmation);
  json.member("size_bytes", preview.size);
  result.text += "\nsize_bytes: " + std::to_string(preview.size);
  write_strings(json, "recipients", preview.recipients);
  write_strings(json, "outside", preview.outside);
  if (!preview.recipients.empty())
    result.text += "\nrecipients: " + joined(preview.recipients, ", ");
  if (!preview.outside.empty()) result.text += "\noutside: " + joined(preview.outside, ", ");
  json.member("subject", preview.subject);
  write_strings(json, "attachments", preview.files);
  json.key("untrusted").begin_array().value("subject").value("attachments").end_array();
  std::string foreign = "subject: " + preview.subject;
  for (const std::string& file : preview.files) foreign += "\nattachment: " + file;
  result.text += "\n" + fence.around("the mail", foreign);
  if (preview.odd_addresses > 0) {
    const std::string note = note_of(preview.odd_addresses);
    json.key("notes").begin_array().value(note).end_array();
    result.text += "\nnote: " + note;
  }
  json.end_object();
  return result;
}

mcp::ToolResult mail_result(const MailAnswer& answer) {
  mcp::ToolResult result;
  base::JsonWriter json(result.structured);
  json.begin_object().member("status", answer.status);
  result.text = "status: " + std::string(answer.status);
  const auto put = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    json.member(name, value);
    result.text += "\n" + std::string(name) + ": " + value;
  };
  put("draft_id", answer.draft_id);
  put("id", answer.id);
  put("thread_id", answer.thread_id);
  write_strings(json, "recipients", answer.recipients);
  if (!answer.recipients.empty()) result.text += "\nrecipients: " + joined(answer.recipients, ", ");
  if (answer.attachments > 0) {
    json.member("attachments", answer.attachments);
    result.text += "\nattachments: " + std::to_string(answer.attachments);
  }
  if (answer.odd_addresses > 0) {
    const std::string note = note_of(answer.odd_addresses);
    json.key("notes").begin_array().value(note).end_array();
    result.text += "\nnote: " + note;
  }
  json.end_object();
  return result;
}

}  // namespace gatehouse::workspace::gmail
