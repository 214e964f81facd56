// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/modify_answer.h"

#include "gatehouse/base/json_writer.h"

namespace gatehouse::workspace::gmail {

namespace {

// Writes each member twice: as JSON and as a line.
class Lines {
 public:
  explicit Lines(mcp::ToolResult& result) : text_(result.text), json_(result.structured) {
    json_.begin_object();
  }

  template <class T>
  void put(std::string_view name, const T& value, const std::string& shown) {
    json_.member(name, value);
    line(name, shown);
  }
  void put(std::string_view name, std::string_view value) {
    if (!value.empty()) put(name, value, std::string(value));
  }
  void put(std::string_view name, std::size_t value) { put(name, value, std::to_string(value)); }
  void put(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string shown;
    json_.key(name).begin_array();
    for (const std::string& value : values) {
      json_.value(value);
      shown += (shown.empty() ? "" : ", ") + value;
    }
    json_.end_array();
    line(name, shown);
  }

  void put_rows(const ListAnswer& list, const Fence& fence) {
    if (list.rows.empty()) return;
    json_.key("preview").raw(list_json(list));
    text_ += "\npreview:\n" + list_result(list, fence, "Gmail").text;
  }

  void end() { json_.end_object(); }

 private:
  void line(std::string_view name, const std::string& shown) {
    text_ += (text_.empty() ? "" : "\n") + std::string(name) + ": " + shown;
  }

  std::string& text_;
  base::JsonWriter json_;
};

}  // namespace

mcp::ToolResult modify_result(const ModifyAnswer& answer, const Fence& fence) {
  mcp::ToolResult result;
  Lines lines(result);
  result.is_error = answer.error.has_value();
  if (answer.error) {
    const Refusal refusal = refusal_of(*answer.error);
    lines.put("code", refusal.code);
    lines.put("message", std::string_view(refusal.message));
    lines.put("fix", answer.count > 0
                         ? "Repeat the call: what is changed already stays. undo takes back what "
                           "was changed so far."
                         : refusal.fix);
    if (refusal.retry_after_s)
      lines.put("retry_after_s", *refusal.retry_after_s, std::to_string(*refusal.retry_after_s));
  }
  lines.put("status", answer.status);
  lines.put("count", answer.count);
  if (answer.failed > 0) lines.put("failed", answer.failed);
  lines.put("added", answer.added);
  lines.put("removed", answer.removed);
  lines.put_rows(answer.preview, fence);
  lines.put("notes", answer.notes);
  lines.put("undo", std::string_view(answer.undo));
  lines.end();
  return result;
}

}  // namespace gatehouse::workspace::gmail
