// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/workspace/gmail/mail_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

// For tests: a mailbox whose labels can be changed.
namespace gatehouse::workspace::gmail {

class LabelledMailbox {
 public:
  using Labels = std::set<std::string>;
  using Answer = http::ScriptedClient::Answer;

  explicit LabelledMailbox(ToolStage& stage) {
    stage.client.set_script([this](const http::SeenRequest& request) { return serve(request); });
  }

  struct Mail {
    std::string id;
    Labels labels;
    std::string thread_id = {};
  };

  std::vector<Mail> mails;  // newest first
  std::vector<std::pair<std::string, std::string>> labels{{"Label_1", "Ops"},
                                                          {"Label_2", "Ops/Review"}};
  // By query, the id of mails that match; all of them for other queries.
  std::map<std::string, Labels> matches;
  // Answers instead, while it gives one; by method, path below the mailbox, and body.
  std::function<std::optional<Answer>(http::Method, const std::string&, const std::string&)>
      trouble;
  std::vector<std::string> seen;  // "POST /messages/batchModify"
  std::vector<std::string> bodies;
  std::size_t page_rows = 500;

  void fill(std::size_t count, const Labels& with) {
    for (std::size_t i = count; i > 0; --i) mails.push_back({id_of(i), with});
  }
  static std::string id_of(std::size_t n) {
    const std::string digits = std::to_string(n);
    return "19a1ce00000" + std::string(5 - digits.size(), '0') + digits;
  }
  Labels labels_of(const std::string& id) {
    const Mail* mail = find(id);
    return mail == nullptr ? Labels{"gone"} : mail->labels;
  }
  std::size_t count_of(const std::string& label) const {
    return static_cast<std::size_t>(std::count_if(
        mails.begin(), mails.end(), [&](const Mail& mail) { return mail.labels.contains(label); }));
  }
  std::size_t posts() const {
    return static_cast<std::size_t>(std::count_if(
        seen.begin(), seen.end(), [](const std::string& one) { return one.starts_with("POST"); }));
  }
  void lose(const std::string& id) {
    std::erase_if(mails, [&](const Mail& mail) { return mail.id == id; });
  }

 private:
  Mail* find(const std::string& id) {
    const auto found =
        std::find_if(mails.begin(), mails.end(), [&](const Mail& mail) { return mail.id == id; });
    return found == mails.end() ? nullptr : &*found;
  }

  static Answer ok(const std::string& body) { return http::ScriptedClient::answer(200, body); }
  static Answer failed(int status, const std::string& reason) {
    return http::ScriptedClient::answer(status, R"({"error":{"code":)" + std::to_string(status) +
                                                    R"(,"message":"No.","errors":[{"reason":")" +
                                                    reason + "\"}]}}");
  }

  static std::string parameter(const std::string& query, const std::string& name) {
    const std::size_t at = query.find("&" + name + "=");
    if (at == std::string::npos) return "";
    const std::string rest = query.substr(at + name.size() + 2);
    return base::percent_decode(rest.substr(0, rest.find('&'))).value_or("");
  }

  Answer serve(const http::SeenRequest& request) {
    const auto [path, query] = target_of(request);
    seen.push_back((request.method == http::Method::post ? "POST " : "GET ") + path);
    bodies.push_back(request.body);
    if (trouble) {
      auto answer = trouble(request.method, path, request.body);
      if (answer) return std::move(*answer);
    }
    if (request.method == http::Method::post) return change(path, request.body);
    if (path == "/labels") return list_of_labels();
    if (path.starts_with("/labels/")) return counts(path.substr(8));
    if (path == "/messages") return list(query);
    if (path.starts_with("/messages/")) return message(path.substr(10), query);
    if (path.starts_with("/threads/")) return thread(path.substr(9));
    return failed(404, "notFound");
  }

  Answer list_of_labels() const {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object().key("labels").begin_array();
    for (const char* id : {"TRASH", "INBOX", "SENT", "UNREAD", "SPAM", "CATEGORY_SOCIAL"}) {
      json.begin_object().member("id", id).member("name", id).member("type", "system").end_object();
    }
    for (const auto& [id, name] : labels) {
      json.begin_object().member("id", id).member("name", name).member("type", "user").end_object();
    }
    json.end_array().end_object();
    return ok(out);
  }

  Answer counts(const std::string& id) const {
    return ok(R"({"id":")" + id + R"(","messagesTotal":)" + std::to_string(count_of(id)) +
              R"(,"messagesUnread":1})");
  }

  Answer list(const std::string& query) {
    const std::string q = parameter(query, "q");
    const std::string label = parameter(query, "labelIds");
    const auto known = matches.find(q);
    std::vector<std::string> ids;
    for (const Mail& mail : mails) {
      const bool is_hidden = mail.labels.contains("TRASH") || mail.labels.contains("SPAM");
      if (known != matches.end() && !known->second.contains(mail.id)) continue;
      if (!label.empty() && !mail.labels.contains(label)) continue;
      if (is_hidden && label.empty() && parameter(query, "includeSpamTrash").empty()) continue;
      ids.push_back(mail.id);
    }
    const std::string token = parameter(query, "pageToken");
    const std::size_t first = token.empty() ? 0 : std::stoul(token);
    const std::size_t end = std::min(ids.size(), first + page_rows);
    std::string out;
    base::JsonWriter json(out);
    json.begin_object().key("messages").begin_array();
    for (std::size_t i = first; i < end; ++i) json.begin_object().member("id", ids[i]).end_object();
    json.end_array();
    if (end < ids.size()) json.member("nextPageToken", std::to_string(end));
    json.end_object();
    return ok(out);
  }

  static std::string json_of_mail(const Mail& mail) {
    TestMail out;
    out.id = mail.id;
    out.thread_id = mail.thread_id;
    out.labels = {mail.labels.begin(), mail.labels.end()};
    out.payload = {
        "text/plain", "x", {{"From", "Bob <bob@acme.example>"}, {"Subject", "No " + mail.id}}};
    return mail_json(out);
  }

  Answer message(const std::string& id, const std::string&) {
    const Mail* mail = find(id);
    return mail == nullptr ? failed(404, "notFound") : ok(json_of_mail(*mail));
  }

  Answer thread(const std::string& id) const {
    std::string all;
    for (const Mail& mail : mails) {
      if (mail.thread_id == id) all += (all.empty() ? "" : ",") + json_of_mail(mail);
    }
    if (all.empty()) return failed(404, "notFound");
    return ok(R"({"id":")" + id + R"(","messages":[)" + all + "]}");
  }

  static std::vector<std::string> strings(const base::JsonValue& body, std::string_view name) {
    std::vector<std::string> out;
    const auto list = body.find(name);
    if (!list) return out;
    for (const base::JsonValue& one : list->elements()) out.emplace_back(*one.as_string());
    return out;
  }

  Answer change(const std::string& path, const std::string& text) {
    const auto body = base::JsonDocument::parse(text);
    EXPECT_TRUE(body);
    std::vector<std::string> ids = strings(body->root(), "ids");
    if (path != "/messages/batchModify") ids = {path.substr(10, path.rfind('/') - 10)};
    EXPECT_LE(ids.size(), 1'000u);
    for (const std::string& id : ids) {
      if (find(id) == nullptr) return failed(404, "notFound");
    }
    for (const std::string& id : ids) {
      Mail& mail = *find(id);
      for (const std::string& one : strings(body->root(), "addLabelIds")) mail.labels.insert(one);
      for (const std::string& one : strings(body->root(), "removeLabelIds")) mail.labels.erase(one);
    }
    return path == "/messages/batchModify" ? http::ScriptedClient::answer(204, "") : ok("{}");
  }
};

}  // namespace gatehouse::workspace::gmail
