// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/raw_mail_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kDraft =
    R"({"id":"r-12","message":{"id":"18d1","threadId":"18d0","labelIds":["DRAFT"]}})";
constexpr const char* kMail =
    R"({"to":["eve@evil.example"],"subject":"Plan","body":"The *plan*."})";

class GmailDraft : public ::testing::Test {
 protected:
  void SetUp() override { stage.alice.tokens_.scopes = {"gmail.readonly", "gmail.compose"}; }

  mcp::ToolResult draft(std::string_view arguments) { return stage.call("gmail_draft", arguments); }
  const http::SeenRequest& last() const { return stage.client.seen().back(); }

  // The mail of the last request.
  TestPart written() const {
    const auto body = base::JsonDocument::parse(last().body);
    EXPECT_TRUE(body);
    const auto message = body->root().find("message");
    EXPECT_TRUE(message);
    const auto raw = base::base64url_decode(message->find_string("raw").value_or(""));
    EXPECT_TRUE(raw);
    return read_raw_mail(raw.value_or(""));
  }

  ToolStage stage{Mode::draft};
};

TEST_F(GmailDraft, KeepsAMailForTheUserToSend) {
  stage.google_answers("/drafts", kDraft);
  const mcp::ToolResult result = draft(kMail);
  EXPECT_FALSE(result.is_error) << result.text;
  EXPECT_EQ(json_of(result).find_string("draft_id"), "r-12");
  EXPECT_EQ(json_of(result).find_string("id"), "18d1");
  EXPECT_THAT(result.text, HasSubstr("recipients: eve@evil.example"));
  EXPECT_EQ(last().method, http::Method::post);
  EXPECT_TRUE(last().send_once);
  const TestPart mail = written();
  EXPECT_EQ(value_of(mail.headers, "To"), "eve@evil.example");
  EXPECT_EQ(value_of(mail.headers, "Subject"), "Plan");
  EXPECT_EQ(mail.parts.size(), 2u);
}

TEST_F(GmailDraft, ReplacesADraft) {
  stage.google_answers("/drafts/r-12", kDraft);
  EXPECT_FALSE(draft(R"({"draft_id":"r-12","to":["bob@acme.example"],"body":"x"})").is_error);
  EXPECT_EQ(last().method, http::Method::put);
  EXPECT_THAT(stage.asked(), ElementsAre("/drafts/r-12"));
}

TEST_F(GmailDraft, MayNameNobodyYet) {
  stage.google_answers("/drafts", kDraft);
  EXPECT_FALSE(draft(R"({"body":"x"})").is_error);
}

TEST_F(GmailDraft, AnswersAMailInItsThread) {
  stage.google_answers("/drafts", kDraft);
  stage.google_answers(
      "/messages/18c2",
      mail_json(
          {"18c2",
           "18c0",
           {"text/plain",
            "x",
            {{"From", "bob@acme.example"}, {"Subject", "Lunch"}, {"Message-ID", "<1@x.y>"}}}}));
  EXPECT_FALSE(draft(R"({"reply_to":"18c2","body":"Yes"})").is_error);
  EXPECT_THAT(last().body, HasSubstr(R"("threadId":"18c0")"));
  const TestPart mail = written();
  EXPECT_EQ(value_of(mail.headers, "To"), "bob@acme.example");
  EXPECT_EQ(value_of(mail.headers, "Subject"), "Re: Lunch");
  EXPECT_EQ(value_of(mail.headers, "References"), "<1@x.y>");
}

TEST_F(GmailDraft, RefusesBeforeAnythingIsAskedOfGoogle) {
  for (const char* arguments :
       {R"({"to":["bob@acme.example"]})", R"({"body":""})", R"({"to":["Doe"],"body":"x"})",
        R"({"draft_id":"../messages","body":"x"})", R"({"draft_id":"","body":"x"})",
        R"({"reply_all":true,"body":"x"})"})
    EXPECT_EQ(code_of(draft(arguments)), "invalid_argument") << arguments;
  stage.alice.tokens_.scopes = {"gmail.readonly", "gmail.send"};
  EXPECT_EQ(code_of(draft(kMail)), "scope_missing");
  EXPECT_EQ(stage.asked_count(), 0u);
}

// Drafts that Google keeps and finds again by Message-ID.
struct KeptDrafts {
  explicit KeptDrafts(ToolStage& stage) {
    stage.client.set_script([this](const http::SeenRequest& request) { return serve(request); });
  }
  struct Kept {
    std::string raw;
    HeaderPairs headers;
  };
  std::vector<Kept> kept;  // by their number
  std::size_t writes = 0;
  bool shows = true;  // whether searches find it already
  bool loses_answer = false;

  http::ScriptedClient::Answer serve(const http::SeenRequest& request) {
    const auto answer = [](std::string body) { return http::ScriptedClient::answer(200, body); };
    if (request.method == http::Method::post || request.method == http::Method::put) {
      ++writes;
      const auto body = base::JsonDocument::parse(request.body);
      const auto raw =
          base::base64url_decode(body->root().find("message")->find_string("raw").value_or(""));
      const std::string id = std::to_string(kept.size());
      kept.push_back({*raw, read_raw_mail(*raw).headers});
      if (loses_answer) return http::ScriptedClient::failure(base::Errc::timeout);
      return answer(R"({"id":"r-)" + id + R"(","message":{"id":"18d)" + id + R"("}})");
    }
    std::string list;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::string id = std::to_string(i);
      const std::string name = value_of(kept[i].headers, "Message-ID").substr(1, 35);
      const bool is_found = request.url.find(name) != std::string::npos && shows;
      if (is_found) list += (list.empty() ? "" : ",") + (R"({"id":"r-)" + id + "\"}");
      if (request.url.find("/drafts/r-" + id) == std::string::npos || kept[i].raw.empty()) continue;
      TestMail mail{"18d" + id, "18d0", {"text/plain", ""}};
      mail.payload.headers = kept[i].headers;
      return answer(R"({"id":"r-)" + id + R"(","message":)" + mail_json(mail) + "}");
    }
    if (request.url.find("/drafts?") != std::string::npos)
      return answer(R"({"drafts":[)" + list + "]}");
    return http::ScriptedClient::answer(404, R"({"error":{"code":404,"message":"Not found."}})");
  }
};

constexpr const char* kNamed = R"({"to":["bob@acme.example"],"body":"x","request_id":"1"})";

TEST_F(GmailDraft, ARequestIdStandsForOneDraft) {
  KeptDrafts drafts(stage);
  EXPECT_EQ(json_of(draft(kNamed)).find_string("draft_id"), "r-0");
  for (const bool is_restarted : {false, true}) {
    if (is_restarted) stage.services.kept_drafts = SentMail();
    const mcp::ToolResult again = draft(kNamed);
    EXPECT_EQ(json_of(again).find_string("status"), "already_drafted") << again.text;
    EXPECT_EQ(json_of(again).find_string("draft_id"), "r-0");
    for (const char* other :
         {R"({"to":["bob@acme.example"],"body":"y","request_id":"1"})",
          R"({"to":["bob@acme.example"],"body":"x","request_id":"1","draft_id":"r-0"})"})
      EXPECT_EQ(code_of(draft(other)), "conflict") << other;
  }
  EXPECT_EQ(drafts.writes, 1u);
  draft(R"({"to":["bob@acme.example"],"body":"x","request_id":"2"})");
  EXPECT_EQ(drafts.writes, 2u);
}

TEST_F(GmailDraft, ADraftThatTheUserSentIsNotWrittenAgain) {
  KeptDrafts drafts(stage);
  draft(kNamed);
  drafts.kept[0].raw.clear();
  const mcp::ToolResult again = draft(kNamed);
  EXPECT_EQ(code_of(again), "conflict");
  EXPECT_THAT(again.text, HasSubstr("sent or deleted since"));
  EXPECT_EQ(drafts.writes, 1u);
}

TEST_F(GmailDraft, ALostAnswerLeavesOneDraft) {
  KeptDrafts drafts(stage);
  drafts.loses_answer = true;
  EXPECT_EQ(json_of(draft(kNamed)).find_string("draft_id"), "r-0");
  EXPECT_EQ(json_of(draft(kNamed)).find_string("status"), "already_drafted");
  drafts.shows = false;
  const char* second = R"({"to":["bob@acme.example"],"body":"x","request_id":"2"})";
  EXPECT_EQ(code_of(draft(second)), "outcome_unknown");
  const mcp::ToolResult early = draft(second);
  EXPECT_EQ(code_of(early), "outcome_unknown");
  EXPECT_EQ(json_of(early).find_integer("retry_after_s"), 15);
  drafts.shows = true;
  EXPECT_EQ(json_of(draft(second)).find_string("draft_id"), "r-1");
  EXPECT_EQ(drafts.writes, 2u);
}

TEST_F(GmailDraft, WhatGoogleRefusedMayBeWrittenUnderTheSameName) {
  stage.google_answers("/drafts", R"({"error":{"code":400,"message":"Invalid"}})", 400);
  EXPECT_TRUE(draft(kNamed).is_error);
  KeptDrafts drafts(stage);
  EXPECT_EQ(json_of(draft(kNamed)).find_string("status"), "draft");
}

TEST_F(GmailDraft, ADryRunTellsAndWritesNothing) {
  const mcp::ToolResult result = draft(
      R"({"to":["eve@evil.example","bob@acme.example"],"subject":"Plan","body":"x","dry_run":true})");
  EXPECT_FALSE(result.is_error) << result.text;
  EXPECT_EQ(json_of(result).find_string("status"), "would_draft");
  EXPECT_EQ(json_of(result).find_string("from"), "alice@acme.example");
  EXPECT_EQ(json_of(result).find_string("subject"), "Plan");
  EXPECT_GT(json_of(result).find_integer("size_bytes").value_or(0), 300);
  EXPECT_THAT(result.text, HasSubstr("recipients: eve@evil.example, bob@acme.example\n"
                                     "outside: eve@evil.example\n<untrusted-"));
  EXPECT_EQ(stage.asked_count(), 0u);
  EXPECT_THAT(stage.log.text(), HasSubstr(R"("event":"mail draft","reason":"dry run")"));
}

TEST_F(GmailDraft, ReplacesTheDraftThatAMessageIsIn) {
  stage.google_answers("/drafts", R"({"drafts":[{"id":"r-12","message":{"id":"18d1"}}]})");
  stage.google_answers("/drafts/r-12", kDraft);
  EXPECT_FALSE(draft(R"({"draft_id":"18d1","body":"x"})").is_error);
  EXPECT_EQ(last().method, http::Method::put);
}

// --- from ---

constexpr const char* kAddresses =
    R"({"sendAs":[{"sendAsEmail":"alice@acme.example","displayName":"A.","isPrimary":true},)"
    R"({"sendAsEmail":"Sales@acme.example","displayName":"Sales\r\nBcc: x@evil.example",)"
    R"("verificationStatus":"accepted"},)"
    R"({"sendAsEmail":"alice@home.example","displayName":"","verificationStatus":"accepted"},)"
    R"({"sendAsEmail":"boss@acme.example","verificationStatus":"pending"}]})";

TEST_F(GmailDraft, ComesFromAnAddressThatIsTheirs) {
  stage.google_answers("/drafts", kDraft);
  stage.google_answers("/settings/sendAs", kAddresses);
  const auto from = [&](const std::string& address) {
    const mcp::ToolResult result =
        draft(R"({"to":["bob@acme.example"],"body":"x","from":")" + address + "\"}");
    EXPECT_FALSE(result.is_error) << result.text;
    return value_of(written().headers, "From");
  };
  EXPECT_EQ(from("sales@ACME.example"), "\"Sales Bcc: x@evil.example\" <Sales@acme.example>");
  EXPECT_EQ(from("Me <alice@home.example>"), "Alice Admin <alice@home.example>");
  const std::size_t asked = stage.asked_count();
  EXPECT_EQ(from("alice@acme.example"), "Alice Admin <alice@acme.example>");
  EXPECT_EQ(stage.asked_count(), asked + 1) << "their own needs no look";
}

TEST_F(GmailDraft, RefusesAnAddressThatIsNotTheirs) {
  stage.google_answers("/settings/sendAs", kAddresses);
  for (const char* address : {"eve@evil.example", "boss@acme.example"}) {
    const mcp::ToolResult result =
        draft(R"({"to":["bob@acme.example"],"body":"x","from":")" + std::string(address) + "\"}");
    EXPECT_EQ(code_of(result), "invalid_argument");
    EXPECT_THAT(result.text, HasSubstr("as alice@acme.example, Sales@acme.example, "
                                       "alice@home.example, and as nobody else"));
  }
  EXPECT_EQ(code_of(draft(R"({"body":"x","from":"a@x.example, b@x.example"})")),
            "invalid_argument");
  EXPECT_THAT(stage.asked(), Not(Contains("/drafts")));
}

TEST_F(GmailDraft, WithoutReadingNoAddressCanBeChosen) {
  stage.alice.tokens_.scopes = {"gmail.compose"};
  stage.google_answers("/drafts", kDraft);
  EXPECT_EQ(code_of(draft(R"({"body":"x","from":"alice@home.example"})")), "scope_missing");
  EXPECT_FALSE(draft(R"({"body":"x","from":"alice@acme.example"})").is_error);
}

TEST_F(GmailDraft, AnAnswerComesFromTheAddressThatWasWrittenTo) {
  stage.google_answers("/drafts", kDraft);
  stage.google_answers("/settings/sendAs", kAddresses);
  const auto answered_from = [&](const std::string& to, const std::string& from,
                                 const std::string& more = "") {
    stage.google_answers(
        "/messages/18c2",
        mail_json({"18c2", "18c0", {"text/plain", "x", {{"From", from}, {"To", to}}}}));
    EXPECT_FALSE(draft(R"({"reply_to":"18c2","body":"Yes")" + more + "}").is_error);
    return value_of(written().headers, "From");
  };
  const std::string bob = "bob@acme.example";
  EXPECT_THAT(answered_from("sales@acme.example", bob), HasSubstr("<Sales@acme.example>"));
  EXPECT_THAT(answered_from("x@y.example, sales@acme.example, alice@acme.example", bob),
              HasSubstr("<alice@acme.example>"));
  EXPECT_THAT(answered_from("boss@acme.example", bob), HasSubstr("<alice@acme.example>"));
  EXPECT_THAT(answered_from(bob, "alice@home.example"), HasSubstr("<alice@home.example>"));
  EXPECT_EQ(value_of(written().headers, "To"), bob);
  EXPECT_THAT(answered_from("sales@acme.example", bob, R"(,"from":"alice@acme.example")"),
              HasSubstr("<alice@acme.example>"));
  stage.google_answers("/settings/sendAs", "{}", 403);
  EXPECT_THAT(answered_from("sales@acme.example", bob), HasSubstr("<alice@acme.example>"));
}

TEST_F(GmailDraft, SaysWhenItIsNotKnownWhetherItIsThere) {
  stage.client.set_script(
      [](const http::SeenRequest&) { return http::ScriptedClient::failure(base::Errc::timeout); });
  EXPECT_EQ(code_of(draft(kMail)), "outcome_unknown");
  EXPECT_EQ(stage.asked_count(), 1u);
}

TEST_F(GmailDraft, IsOfferedWhereDraftsAreAllowed) {
  EXPECT_NE(ToolStage(Mode::full).catalog.tools.find("gmail_draft"), nullptr);
  EXPECT_EQ(ToolStage(Mode::readonly).catalog.tools.find("gmail_draft"), nullptr);
  EXPECT_FALSE(stage.catalog.tools.find("gmail_draft")->annotations.open_world);
}

TEST_F(GmailDraft, IsInTheLogWithoutContent) {
  stage.google_answers("/drafts", kDraft);
  draft(kMail);
  EXPECT_THAT(stage.log.text(), HasSubstr(R"("event":"mail draft","reason":"draft",)"
                                          R"("tool":"gmail_draft","user":"alice")"));
  EXPECT_THAT(stage.log.text(), Not(HasSubstr("evil")));
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
