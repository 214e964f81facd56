// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/read_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kMail =
    R"({"id":"m1","threadId":"t1","internalDate":"1794300000000","labelIds":["INBOX"],"payload":)"
    R"({"mimeType":"text/plain","headers":[{"name":"From","value":"bob@acme.example"},)"
    R"({"name":"Subject","value":"Salary"}],"body":{"size":3,"data":"T25l"}}})";

// Of SHA-256("m1").
constexpr std::string_view kHash = "ca0df2c95a";

struct ReadAuditTest : ::testing::Test {
  ToolStage stage;
};

// PI-12
TEST_F(ReadAuditTest, ReadingIsInTheLogWithoutContent) {
  stage.google_answers("/messages/m1", std::string(kMail));
  stage.call("gmail_read", R"({"ids":["m1"]})");
  EXPECT_THAT(stage.log.text(),
              HasSubstr(R"("event":"read","reason":"answered","tool":"gmail_read","user":"alice",)"
                        R"("client":"client","object":")" +
                        std::string(kHash) + R"(","count":1})"));
  for (const char* content : {"bob", "Salary", "One", "\"m1\""})
    EXPECT_THAT(stage.log.text(), Not(HasSubstr(content)));
}

TEST_F(ReadAuditTest, MailReadByItsAddressIsReadingToo) {
  stage.google_answers("/messages/m1", std::string(kMail));
  stage.read("gmail://message/m1");
  EXPECT_THAT(stage.log.text(), HasSubstr(R"("reason":"answered","tool":"gmail_message")"));
  EXPECT_THAT(stage.log.text(), HasSubstr(kHash));
  stage.read("gmail://thread/gone");
  EXPECT_THAT(stage.log.text(),
              HasSubstr(R"("reason":"not_found_or_no_access","tool":"gmail_thread")"));
}

TEST_F(ReadAuditTest, SearchTellsWhatItShowedAndNotWhatWasAsked) {
  stage.google_answers("/messages", R"({"messages":[{"id":"m1","threadId":"t1"}]})");
  stage.google_answers("/messages/m1", std::string(kMail));
  // Whether the answer has a column for ids makes no difference.
  stage.call("gmail_search", R"({"query":"marmalade","fields":["subject"]})");
  EXPECT_THAT(stage.log.text(), HasSubstr(R"("tool":"gmail_search","user":"alice")"));
  EXPECT_THAT(stage.log.text(), HasSubstr(kHash));
  EXPECT_THAT(stage.log.text(), Not(HasSubstr("marmalade")));
}

TEST_F(ReadAuditTest, WhoCannotBeAnsweredIsInTheLogToo) {
  stage.alice.tokens_.failure =
      google::ApiError{google::ApiFault::google_unavailable, "Not now.", {}, 503};
  stage.call("gmail_search", "{}");
  EXPECT_THAT(stage.log.text(),
              HasSubstr(R"("event":"read","reason":"google_unavailable","tool":"gmail_search")"));
  stage.call("whoami", "{}");
  EXPECT_THAT(
      stage.log.text(),
      HasSubstr(R"("tool":"whoami","user":"alice","client":"client","object":"","count":0)"));
}

TEST_F(ReadAuditTest, NothingIsCutFromAnAnswerWithManyThings) {
  ReadAudit audit("gmail_read");
  for (int i = 0; i < 45; ++i) audit.show("m" + std::to_string(i));
  audit.write(stage.log, stage.alice, "answered");
  const std::string& text = stage.log.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, HasSubstr(R"("count":20})"));
  EXPECT_THAT(text, HasSubstr(R"("count":5})"));
  EXPECT_THAT(text, Not(HasSubstr("...")));
}

}  // namespace
}  // namespace gatehouse::workspace
