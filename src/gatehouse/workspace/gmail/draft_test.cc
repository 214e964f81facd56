// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/raw_mail_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace::gmail {
namespace {

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
  static std::string code_of(const mcp::ToolResult& result) {
    EXPECT_TRUE(result.is_error) << result.text;
    return std::string(json_of(result).find_string("code").value_or("none"));
  }

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
