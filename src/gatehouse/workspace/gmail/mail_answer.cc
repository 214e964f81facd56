// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/mail_answer.h"

#include "gatehouse/base/json_writer.h"

namespace gatehouse::workspace::gmail {

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
  if (!answer.recipients.empty()) {
    json.key("recipients").begin_array();
    for (std::size_t i = 0; i < answer.recipients.size(); ++i) {
      json.value(answer.recipients[i]);
      result.text += (i == 0 ? "\nrecipients: " : ", ") + answer.recipients[i];
    }
    json.end_array();
  }
  if (answer.attachments > 0) {
    json.member("attachments", answer.attachments);
    result.text += "\nattachments: " + std::to_string(answer.attachments);
  }
  if (answer.odd_addresses > 0) {
    const std::string note =
        std::to_string(answer.odd_addresses) + " addresses of the answered mail could not be used";
    json.key("notes").begin_array().value(note).end_array();
    result.text += "\nnote: " + note;
  }
  json.end_object();
  return result;
}

}  // namespace gatehouse::workspace::gmail
