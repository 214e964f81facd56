// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"

// For tests: the JSON that Gmail answers.
namespace gatehouse::workspace::gmail {

using HeaderPairs = std::vector<std::pair<std::string, std::string>>;

struct TestPart {
  std::string mime;
  std::string text;  // decoded
  HeaderPairs headers = {};
  std::string file_name = {};
  std::string attachment_id = {};
  std::vector<TestPart> parts = {};
  std::string raw_data = {};  // instead of `text`, as it stands
};

inline void write_part(base::JsonWriter& json, const TestPart& part, const std::string& id) {
  json.begin_object().member("partId", id).member("mimeType", part.mime);
  json.member("filename", part.file_name).key("headers").begin_array();
  for (const auto& [name, value] : part.headers) {
    json.begin_object().member("name", name).member("value", value).end_object();
  }
  json.end_array().key("body").begin_object();
  const std::string data =
      part.raw_data.empty() ? base::base64url_encode(part.text) : part.raw_data;
  json.member("size", part.text.size());
  if (!part.attachment_id.empty()) {
    json.member("attachmentId", part.attachment_id);
  } else if (!data.empty()) {
    json.member("data", data);
  }
  json.end_object();
  if (!part.parts.empty()) {
    json.key("parts").begin_array();
    for (std::size_t i = 0; i < part.parts.size(); ++i) {
      write_part(json, part.parts[i], (id.empty() ? "" : id + ".") + std::to_string(i));
    }
    json.end_array();
  }
  json.end_object();
}

inline std::string payload_json(const TestPart& part) {
  std::string out;
  base::JsonWriter json(out);
  write_part(json, part, "");
  return out;
}

struct TestMail {
  std::string id;
  std::string thread_id;
  TestPart payload;
  std::vector<std::string> labels = {"INBOX"};
  std::string internal_date = "1794302100000";  // 2026-11-10T09:15:00Z
  std::string snippet = {};
  std::string history_id = "100";
};

inline std::string mail_json(const TestMail& mail) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object().member("id", mail.id).member("threadId", mail.thread_id);
  json.key("labelIds").begin_array();
  for (const std::string& label : mail.labels) json.value(label);
  json.end_array();
  json.member("snippet", mail.snippet).member("historyId", mail.history_id);
  json.member("internalDate", mail.internal_date).key("payload");
  json.raw(payload_json(mail.payload)).end_object();
  return out;
}

}  // namespace gatehouse::workspace::gmail
