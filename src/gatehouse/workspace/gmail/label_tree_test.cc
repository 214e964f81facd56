// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/label_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/label_list.h"
#include "gatehouse/workspace/gmail/labelled_mailbox_for_test.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class GmailLabels : public ::testing::Test {
 protected:
  mcp::ToolResult list(std::string_view arguments) { return stage.call("gmail_labels", arguments); }

  static std::vector<std::string> column(const mcp::ToolResult& result, std::size_t index) {
    std::vector<std::string> cells;
    for (const base::JsonValue& row : json_of(result).find("rows")->elements())
      cells.emplace_back(row.elements().at(index).as_string().value());
    return cells;
  }

  ToolStage stage{Mode::readonly};
  LabelledMailbox mailbox{stage};
};

TEST_F(GmailLabels, ReadLikeATree) {
  mailbox.labels = {{"Label_4", "Ops 2"},
                    {"Label_3", "ops/Review/2026"},
                    {"Label_2", "Ops"},
                    {"Label_1", "Bills"}};
  const mcp::ToolResult result = list("{}");
  EXPECT_THAT(column(result, 0),
              ElementsAre("Inbox", "Unread", "Sent", "Spam", "Trash", "Category/Social", "Bills",
                          "Ops", "ops/Review/2026", "Ops 2"));
  EXPECT_THAT(result.text, HasSubstr("\nInbox\nUnread\n"));
  EXPECT_THAT(mailbox.seen, SizeIs(1));
}

TEST_F(GmailLabels, AreCountedOnRequest) {
  mailbox.fill(3, {"INBOX", "Label_1"});
  const mcp::ToolResult result = list(R"({"counts":true})");
  EXPECT_THAT(result.text, HasSubstr("label\tunread\tmessages\nInbox\t1\t3\n"));
  EXPECT_THAT(mailbox.seen, SizeIs(1 + 8));
}

TEST_F(GmailLabels, ThatCannotBeCountedAreListedAllTheSame) {
  mailbox.trouble = [](http::Method, const std::string& path, const std::string&) {
    if (path != "/labels/INBOX") return std::optional<LabelledMailbox::Answer>();
    return std::optional(http::ScriptedClient::answer(404, "{}"));
  };
  const mcp::ToolResult result = list(R"({"counts":true})");
  EXPECT_THAT(result.text, HasSubstr("Inbox\t\t\n"));
  EXPECT_THAT(result.text, HasSubstr("1 could not be counted"));
}

TEST_F(GmailLabels, ComeInPages) {  // TO-09, TO-15
  mailbox.labels.clear();
  for (int i = 1000; i < 1450; ++i)
    mailbox.labels.emplace_back("Label_" + std::to_string(i), "L" + std::to_string(i));
  std::vector<std::string> all;
  std::string arguments = "{}";
  for (int page = 0; page < 3; ++page) {
    const mcp::ToolResult result = list(arguments);
    EXPECT_LT(result.structured.size(), 8'000u);
    for (std::string& name : column(result, 0)) all.push_back(std::move(name));
    const auto next = json_of(result).find_string("next");
    ASSERT_EQ(next.has_value(), page < 2);
    arguments = R"({"cursor":")" + std::string(next.value_or("")) + "\"}";
  }
  EXPECT_THAT(all, SizeIs(456));
  EXPECT_EQ(all.back(), "L1449");
  const std::string next(*json_of(list("{}")).find_string("next"));
  const std::string foreign = R"({"cursor":")" + next + "\"}";
  EXPECT_EQ(code_of(stage.call_as(stage.bob, "gmail_labels", foreign)), "invalid_argument");
  EXPECT_EQ(code_of(list(R"({"cursor":"made up"})")), "invalid_argument");
  stage.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(code_of(list(foreign)), "invalid_argument");
}

TEST_F(GmailLabels, HaveNamesOfOneLine) {  // PI-03
  mailbox.labels = {{"Label_1",
                     "a\tb\n\xE2\x80\x8B"
                     "c"},
                    {"Label 2", "odd id"}};
  EXPECT_THAT(list("{}").text, HasSubstr("\na b c\n"));
  EXPECT_EQ(list("{}").text.find("odd id"), std::string::npos);
}

TEST_F(GmailLabels, TroubleOfGooglesIsSaid) {  // TO-18
  for (const auto& [status, code] :
       {std::pair(403, "not_found_or_no_access"), std::pair(500, "google_unavailable")}) {
    mailbox.trouble = [status = status](http::Method, const std::string&, const std::string&) {
      return std::optional(http::ScriptedClient::answer(status, "{}"));
    };
    EXPECT_EQ(code_of(list("{}")), code);
  }
}

TEST(LabelList, NamesUnknownSystemLabelsReadably) {
  EXPECT_EQ(system_label_name("YELLOW_STAR"), "Yellow star");
  EXPECT_EQ(system_label_name("DRAFT"), "Drafts");
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
