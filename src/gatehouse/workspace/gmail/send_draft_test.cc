// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/http/await_for_test.h"
#include "gatehouse/workspace/gmail/mail_for_test.h"
#include "gatehouse/workspace/gmail/raw_head.h"
#include "gatehouse/workspace/gmail/raw_mail_for_test.h"
#include "gatehouse/workspace/gmail/send.h"
#include "gatehouse/workspace/gmail/upload_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Drafts as Gmail keeps them: another message with every change, none once it is sent.
class Drafts {
 public:
  struct Draft {
    std::string message_id;
    std::string thread_id;
    TestPart payload;
    std::string raw;
  };
  struct Sent {
    std::string id, json, raw;
  };

  explicit Drafts(ToolStage& stage) {
    stage.alice.tokens_.scopes = {"gmail.readonly", "gmail.compose"};
    stage.client.set_script([this](const http::SeenRequest& request) { return serve(request); });
  }

  std::map<std::string, Draft> drafts;
  std::vector<Sent> sent;
  std::function<void()> on_raw = [] {};   // just before the bytes are read
  std::function<void()> on_send = [] {};  // just before the draft is sent
  bool loses_answer = false;
  std::size_t send_requests = 0;

 private:
  using Answer = http::ScriptedClient::Answer;

  static Answer not_found() {
    return http::ScriptedClient::answer(404, R"({"error":{"code":404,"message":"Not found."}})");
  }

  Answer serve(const http::SeenRequest& request) {
    const auto [path, query] = target_of(request);
    if (path == "/drafts/send") return send(request);
    if (path == "/drafts") return list();
    if (path == "/messages") return search(query);
    if (path.starts_with("/messages/")) return message(path.substr(10));
    if (!path.starts_with("/drafts/")) return not_found();
    const bool is_raw = query.find("format=raw") != query.npos;
    if (is_raw) on_raw();
    const auto found = drafts.find(path.substr(8));
    if (found == drafts.end()) return not_found();
    return http::ScriptedClient::answer(200, json_of_draft(found->first, found->second, is_raw));
  }

  static std::string json_of_draft(const std::string& id, const Draft& draft, bool is_raw) {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object().member("id", id).key("message").begin_object();
    json.member("id", draft.message_id).member("threadId", draft.thread_id);
    json.member("sizeEstimate", draft.raw.size());
    if (is_raw) {
      json.member("raw", base::base64url_encode(draft.raw));
    } else {
      json.key("payload").raw(payload_json(draft.payload));
    }
    json.end_object().end_object();
    return out;
  }

  Answer send(const http::SeenRequest& request) {
    ++send_requests;
    EXPECT_TRUE(request.send_once);
    EXPECT_TRUE(is_upload(request));
    on_send();
    const TestUpload upload = read_upload(request);
    const auto body = base::JsonDocument::parse(upload.json);
    EXPECT_TRUE(body);
    if (drafts.erase(std::string(body->root().find_string("id").value_or(""))) == 0)
      return not_found();
    sent.push_back({"5e47" + std::to_string(sent.size()), upload.json, upload.message});
    if (loses_answer) return http::ScriptedClient::failure(base::Errc::timeout);
    return http::ScriptedClient::answer(200,
                                        R"({"id":")" + sent.back().id + R"(","threadId":"7a"})");
  }

  Answer list() const {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object().key("drafts").begin_array();
    for (const auto& [id, draft] : drafts) {
      json.begin_object().member("id", id).key("message").begin_object();
      json.member("id", draft.message_id).end_object().end_object();
    }
    json.end_array().end_object();
    return http::ScriptedClient::answer(200, out);
  }

  Answer search(const std::string& query) const {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object().key("messages").begin_array();
    for (const Sent& mail : sent) {
      std::string id = value_of(headers_of(mail), "Message-ID");
      id = base::percent_encode(id.substr(1, id.size() - 2));
      if (query.find("in%3Asent") != query.npos || query.find(id) != query.npos)
        json.begin_object().member("id", mail.id).end_object();
    }
    json.end_array().end_object();
    return http::ScriptedClient::answer(200, out);
  }

  Answer message(const std::string& id) const {
    for (const Sent& mail : sent) {
      TestMail found{mail.id, "7a", {"text/plain", ""}};
      found.payload.headers = headers_of(mail);
      if (mail.id == id) return http::ScriptedClient::answer(200, mail_json(found));
    }
    return not_found();
  }

  static HeaderPairs headers_of(const Sent& mail) {
    std::string_view rest = mail.raw;
    return take_raw_headers(rest);
  }
};

// As somebody writes it in Gmail: pictures within the text, a file, and 8-bit bytes.
constexpr std::string_view kBody =
    "--a\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "<p>Gr\xFC\xDF"
    "e <img src=\"cid:1\"></p>\r\n"
    "--b\r\nContent-Type: image/png\r\nContent-ID: <1>\r\n\r\n\x89PNG\r\n--b--\r\n"
    "--a\r\nContent-Type: text/csv; name=a.csv\r\n\r\na,b\r\n--a--\r\n";

Drafts::Draft draft_to(const std::string& to, const std::string& more = "") {
  Drafts::Draft draft{"18d1", "18d0", {"multipart/mixed", ""}, ""};
  draft.payload.headers = {{"From", "Alice <alice@acme.example>"},
                           {"To", to},
                           {"Subject", "Plan"},
                           {"Message-ID", "<CAF@mail.gmail.com>"}};
  draft.payload.parts = {
      {"multipart/related",
       "",
       {},
       "",
       "",
       {{"text/html", "<p>The plan.</p>"}, {"image/png", "xxxx", {}, "logo.png", "B1"}}},
      {"text/csv", "a,b", {}, "a.csv", "A1"}};
  draft.raw = "Date: Sun, 1 Nov 2026 10:00:00 +0100\r\nMessage-ID: <CAF@mail.gmail.com>\r\n" +
              more + "Subject: Plan\r\nFrom: Alice <alice@acme.example>\r\nTo: " + to +
              "\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" + std::string(kBody);
  return draft;
}

class GmailSendDraft : public ::testing::Test {
 protected:
  mcp::ToolResult send(std::string_view arguments) { return stage.call("gmail_send", arguments); }
  static std::string with_code(std::string arguments, const mcp::ToolResult& asked) {
    const std::string code(json_of(asked).find_string("confirm").value_or(""));
    return arguments.insert(arguments.size() - 1, R"(,"confirm":")" + code + "\"");
  }

  ToolStage stage;
  Drafts gmail{stage};
};

constexpr const char* kSend = R"({"draft_id":"r-12"})";
constexpr const char* kInside = "Bob <bob@acme.example>";
constexpr const char* kOutside = "Eve <eve@evil.example>, bob@acme.example";

TEST_F(GmailSendDraft, GoesOutToTheByte) {
  gmail.drafts["r-12"] = draft_to(kInside);
  const mcp::ToolResult result = send(kSend);
  EXPECT_EQ(status_of(result), "sent");
  EXPECT_EQ(json_of(result).find_string("draft_id"), "r-12");
  EXPECT_THAT(result.text, HasSubstr("recipients: bob@acme.example"));
  EXPECT_THAT(result.text, HasSubstr("attachments: 2"));
  ASSERT_THAT(gmail.sent, SizeIs(1));
  EXPECT_EQ(gmail.sent[0].json, R"({"id":"r-12","message":{}})");
  const std::string& raw = gmail.sent[0].raw;
  const auto head = read_raw_head(raw);
  ASSERT_TRUE(head);
  EXPECT_EQ(raw.substr(head->size), kBody);
  std::map<std::string, std::string, std::less<>> fields;
  for (const RawField& field : head->fields) fields[std::string(field.name)] = field.value();
  EXPECT_THAT(head->fields, SizeIs(7)) << raw;
  EXPECT_EQ(fields["To"], kInside);
  EXPECT_EQ(fields["Content-Type"], "multipart/mixed; boundary=a");
  EXPECT_THAT(fields["Message-ID"], ::testing::MatchesRegex("<gh\\.[0-9a-f]{32}@acme\\.example>"));
  EXPECT_THAT(fields["Date"], HasSubstr("11 Nov 2026")) << "the day on which it is sent";
}

TEST_F(GmailSendDraft, AnAnswerStaysInItsThread) {
  gmail.drafts["r-12"] = draft_to(kInside, "In-Reply-To: <1@x.example>\r\n");
  EXPECT_EQ(status_of(send(kSend)), "sent");
  EXPECT_EQ(gmail.sent[0].json, R"({"id":"r-12","message":{"threadId":"18d0"}})");
}

TEST_F(GmailSendDraft, IsFoundByTheIdThatSearchesGive) {
  gmail.drafts["r-11"] = draft_to("carol@acme.example");
  gmail.drafts["r-11"].message_id = "18ff";
  gmail.drafts["r-12"] = draft_to(kInside);
  EXPECT_EQ(status_of(send(R"({"draft_id":"18d1"})")), "sent");
  EXPECT_THAT(gmail.sent[0].raw, HasSubstr(kInside));
  EXPECT_EQ(gmail.drafts.count("r-11"), 1u);
}

TEST_F(GmailSendDraft, SaysWhenThereIsNone) {
  const mcp::ToolResult result = send(kSend);
  EXPECT_EQ(code_of(result), "not_found_or_no_access");
  EXPECT_THAT(result.text, HasSubstr("sent or deleted"));
  EXPECT_EQ(code_of(send(R"({"draft_id":"18d1"})")), "not_found_or_no_access");
}

TEST_F(GmailSendDraft, IsNotMixedWithAMailOfItsOwn) {
  for (const char* more :
       {R"("to":["bob@acme.example"])", R"("cc":[])", R"("bcc":[])", R"("subject":"x")",
        R"("body":"x")", R"("reply_to":"18c2")", R"("reply_all":false)", R"("forward":"18c2")",
        R"("attachments":[])", R"("from":"alice@acme.example")"}) {
    const mcp::ToolResult result = send(R"({"draft_id":"r-12",)" + std::string(more) + "}");
    EXPECT_EQ(code_of(result), "invalid_argument");
    const std::string name(more + 1, std::string(more).find('"', 1) - 1);
    EXPECT_THAT(result.text, HasSubstr("leave out " + name + "."));
    EXPECT_THAT(result.text, HasSubstr("gmail_draft"));
  }
  EXPECT_EQ(code_of(send(R"({"draft_id":"../messages"})")), "invalid_argument");
  EXPECT_EQ(code_of(send(R"({"draft_id":""})")), "invalid_argument");
  EXPECT_EQ(stage.asked_count(), 0u);
}

TEST_F(GmailSendDraft, NeedsThePermissionForDrafts) {
  stage.alice.tokens_.scopes = {"gmail.readonly", "gmail.send"};
  EXPECT_EQ(code_of(send(kSend)), "scope_missing");
  EXPECT_EQ(stage.asked_count(), 0u);
}

// --- what is judged is what goes out ---

TEST_F(GmailSendDraft, LeavesTheOrganisationWithConsentOnly) {  // PI-05
  gmail.drafts["r-12"] = draft_to(kOutside);
  const mcp::ToolResult asked = send(kSend);
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_THAT(asked.text, HasSubstr("Subject: Plan\nOutside:\n- eve@evil.example\nand 1 inside"));
  EXPECT_THAT(asked.text, HasSubstr("- logo.png (image/png, 4 bytes)\n- a.csv (text/csv"));
  EXPECT_THAT(asked.text, HasSubstr("It begins: The plan."));
  EXPECT_EQ(gmail.send_requests, 0u);
  EXPECT_EQ(status_of(send(with_code(kSend, asked))), "sent");
}

TEST_F(GmailSendDraft, ConsentIsForTheDraftAsItWasShown) {
  gmail.drafts["r-12"] = draft_to(kOutside);
  const mcp::ToolResult asked = send(kSend);
  // Gmail gives a changed draft another message; even if it did not, its text counts.
  gmail.drafts["r-12"].message_id = "18d2";
  EXPECT_EQ(code_of(send(with_code(kSend, asked))), "blocked_by_policy");
  gmail.drafts["r-12"] = draft_to(kOutside);
  gmail.drafts["r-12"].payload.parts[0].parts[0].text = "<p>Another plan.</p>";
  EXPECT_EQ(code_of(send(with_code(kSend, asked))), "blocked_by_policy");
  gmail.drafts["r-12"] = draft_to(std::string(kOutside) + ", mallory@evil.example");
  EXPECT_EQ(code_of(send(with_code(kSend, asked))), "blocked_by_policy");
  EXPECT_EQ(gmail.send_requests, 0u);
}

TEST_F(GmailSendDraft, AChangeWhileItIsReadIsRefused) {
  gmail.drafts["r-12"] = draft_to(kInside);
  gmail.on_raw = [&] {
    gmail.drafts["r-12"] = draft_to("eve@evil.example");
    gmail.drafts["r-12"].message_id = "18d2";
  };
  EXPECT_EQ(code_of(send(kSend)), "conflict");
  EXPECT_EQ(gmail.send_requests, 0u);
}

TEST_F(GmailSendDraft, AChangeAfterThatDoesNotGoOut) {
  gmail.drafts["r-12"] = draft_to(kInside);
  gmail.on_send = [&] { gmail.drafts["r-12"] = draft_to("eve@evil.example"); };
  EXPECT_EQ(status_of(send(kSend)), "sent");
  EXPECT_THAT(gmail.sent[0].raw, HasSubstr(kInside));
  EXPECT_THAT(gmail.sent[0].raw, Not(HasSubstr("evil")));
}

TEST_F(GmailSendDraft, EveryRecipientFieldIsJudged) {
  gmail.drafts["r-12"] = draft_to(kInside, "bcc: eve@evil.example\r\nTO: x@other.example\r\n");
  auto& headers = gmail.drafts["r-12"].payload.headers;
  headers.emplace_back("bcc", "eve@evil.example");
  headers.emplace_back("TO", "x@other.example");
  const mcp::ToolResult asked = send(kSend);
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_THAT(asked.text, HasSubstr("- x@other.example\n- eve@evil.example"));
}

TEST_F(GmailSendDraft, BytesThatNameOthersThanWereJudgedAreRefused) {
  for (const char* more :
       {"Bcc: eve@evil.example\r\n", "To: eve@evil.example\r\n", "CC: eve@evil.example\r\n",
        "Bcc: what is this\r\n", "X\r\n", "X: y\nBcc: eve@evil.example\r\n"}) {
    gmail.drafts["r-12"] = draft_to(kInside, more);
    EXPECT_EQ(code_of(send(kSend)), "invalid_argument") << more;
  }
  EXPECT_EQ(gmail.send_requests, 0u);
}

TEST_F(GmailSendDraft, RecipientsThatAreNotClearAreRefused) {
  for (const char* to : {"undisclosed-recipients:;", "\"a b\"@acme.example", "bob", ""}) {
    gmail.drafts["r-12"] = draft_to(to);
    EXPECT_EQ(code_of(send(kSend)), "invalid_argument") << to;
  }
  EXPECT_EQ(gmail.send_requests, 0u);
}

TEST_F(GmailSendDraft, WhoItSaysItComesFromMakesNobodyInside) {
  gmail.drafts["r-12"] = draft_to("x@evil.example");
  gmail.drafts["r-12"].payload.headers[0].second = "Eve <eve@evil.example>";
  EXPECT_EQ(code_of(send(kSend)), "blocked_by_policy");
}

TEST_F(GmailSendDraft, ADryRunTellsAndSendsNothing) {
  gmail.drafts["r-12"] = draft_to(kOutside);
  const mcp::ToolResult result = send(R"({"draft_id":"r-12","dry_run":true})");
  EXPECT_EQ(status_of(result), "would_send");
  EXPECT_EQ(json_of(result).find_string("confirmation"), "needed");
  EXPECT_EQ(json_of(result).find_string("subject"), "Plan");
  EXPECT_EQ(json_of(result).find_integer("size_bytes"),
            static_cast<std::int64_t>(gmail.drafts["r-12"].raw.size()));
  EXPECT_THAT(result.text, HasSubstr("outside: eve@evil.example"));
  EXPECT_EQ(gmail.send_requests, 0u);
  EXPECT_THAT(stage.log.text(), HasSubstr(R"("event":"mail send","reason":"dry run")"));
}

// --- nothing twice ---

TEST_F(GmailSendDraft, ARepeatSendsNothing) {
  for (const char* arguments : {kSend, R"({"draft_id":"r-13","request_id":"1"})"}) {
    gmail.drafts["r-12"] = gmail.drafts["r-13"] = draft_to(kInside);
    EXPECT_EQ(status_of(send(arguments)), "sent");
    EXPECT_EQ(status_of(send(arguments)), "already_sent");
    stage.services.sent_mail = SentMail();  // a restart
    EXPECT_EQ(status_of(send(arguments)), "already_sent");
  }
  EXPECT_EQ(status_of(send(R"({"draft_id":"r-12","request_id":"2"})")), "already_sent");
  EXPECT_THAT(gmail.sent, SizeIs(2));
}

TEST_F(GmailSendDraft, ARequestIdStandsForOneMailOnly) {
  gmail.drafts["r-12"] = gmail.drafts["r-13"] = draft_to(kInside);
  EXPECT_EQ(status_of(send(R"({"draft_id":"r-12","request_id":"1"})")), "sent");
  const char* others[] = {R"({"draft_id":"r-13","request_id":"1"})",
                          R"({"to":["bob@acme.example"],"body":"x","request_id":"1"})"};
  for (const char* other : others) EXPECT_EQ(code_of(send(other)), "conflict") << other;
  stage.services.sent_mail = SentMail();
  for (const char* other : others) EXPECT_EQ(code_of(send(other)), "conflict") << other;
  EXPECT_THAT(gmail.sent, SizeIs(1));
}

TEST_F(GmailSendDraft, ALostAnswerIsFoundAgain) {
  gmail.drafts["r-12"] = draft_to(kInside);
  gmail.loses_answer = true;
  EXPECT_EQ(status_of(send(kSend)), "sent");
  EXPECT_EQ(gmail.send_requests, 1u);
}

TEST_F(GmailSendDraft, WithoutSightOfTheMailboxTheDraftItselfTells) {
  stage.alice.tokens_.scopes = {"gmail.compose"};
  gmail.drafts["r-12"] = draft_to(kInside);
  gmail.loses_answer = true;
  EXPECT_EQ(code_of(send(kSend)), "outcome_unknown");
  EXPECT_EQ(code_of(send(kSend)), "outcome_unknown");
  stage.clock.advance(std::chrono::seconds(15));
  EXPECT_EQ(code_of(send(kSend)), "not_found_or_no_access");
  EXPECT_EQ(gmail.send_requests, 1u);
  EXPECT_THAT(gmail.sent, SizeIs(1));
}

TEST_F(GmailSendDraft, IsSentOnceByTwoClients) {
  gmail.drafts["r-12"] = draft_to(kInside);
  StageAccount other("alice");
  other.principal = "alice/other client";
  other.tokens_.scopes = stage.alice.tokens_.scopes;
  EXPECT_EQ(status_of(send(kSend)), "sent");
  EXPECT_EQ(status_of(stage.call_as(other, "gmail_send", kSend)), "already_sent");
  EXPECT_THAT(gmail.sent, SizeIs(1));
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
