// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/modify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/workspace/gmail/labelled_mailbox_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Labels = LabelledMailbox::Labels;

constexpr const char* kRateLimited =
    R"({"error":{"code":429,"message":"Slow down.","errors":[{"reason":"rateLimitExceeded"}]}})";
constexpr const char* kArchiveAll = R"({"query":"from:x","action":"archive"})";

class GmailModify : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.alice.tokens_.scopes = {"gmail.modify"};
    stage.bob.tokens_.scopes = {"gmail.modify"};
  }

  mcp::ToolResult modify(std::string_view arguments) {
    return stage.call("gmail_modify", arguments);
  }
  mcp::ToolResult undo(const std::string& handle) {
    return stage.call("workspace_undo", R"({"undo":")" + handle + "\"}");
  }
  static std::string with(std::string arguments, const std::string& name, const std::string& text) {
    arguments.insert(arguments.size() - 1, ",\"" + name + "\":\"" + text + "\"");
    return arguments;
  }

  static std::string text_in(const mcp::ToolResult& result, std::string_view name) {
    return std::string(json_of(result).find_string(name).value_or("none"));
  }
  static std::int64_t count_of(const mcp::ToolResult& result, std::string_view name = "count") {
    return json_of(result).find_integer(name).value_or(-1);
  }

  // As a client whose user answers forms: nullptr waits for the question.
  mcp::ToolResult modify_asking(std::string_view arguments, const char* user_answer,
                                const std::string& state = "") {
    return stage.call_asking("gmail_modify", arguments, "change", user_answer, state);
  }

  ToolStage stage;
  LabelledMailbox mailbox{stage};
};

TEST_F(GmailModify, ArchivesAMessageAndPutsItBack) {
  mailbox.mails = {{"18c2", {"INBOX", "UNREAD"}}};
  const mcp::ToolResult result = modify(R"({"ids":["18c2"],"action":"archive"})");
  EXPECT_EQ(status_of(result), "changed");
  EXPECT_EQ(count_of(result), 1);
  EXPECT_THAT(result.text, HasSubstr("removed: Inbox"));
  EXPECT_EQ(mailbox.labels_of("18c2"), Labels{"UNREAD"});
  const mcp::ToolResult undone = undo(text_in(result, "undo"));
  EXPECT_EQ(status_of(undone), "undone");
  EXPECT_EQ(count_of(undone, "restored"), 1);
  EXPECT_EQ(mailbox.labels_of("18c2"), (Labels{"INBOX", "UNREAD"}));
}

struct ActionCase {
  const char* action;
  Labels before, after;
};

TEST_F(GmailModify, EveryActionDoesWhatItSaysAndIsUndone) {
  const ActionCase cases[] = {
      {"archive", {"INBOX"}, {}},
      {"read", {"INBOX", "UNREAD"}, {"INBOX"}},
      {"unread", {"INBOX"}, {"INBOX", "UNREAD"}},
      {"star", {}, {"STARRED"}},
      {"unstar", {"STARRED"}, {}},
      {"trash", {"INBOX", "Label_1"}, {"TRASH", "Label_1"}},
      {"trash", {"Label_1"}, {"TRASH", "Label_1"}},
      {"untrash", {"TRASH"}, {"INBOX"}},
      {"spam", {"INBOX"}, {"SPAM"}},
      {"not_spam", {"SPAM"}, {"INBOX"}},
  };
  for (const ActionCase& c : cases) {
    SCOPED_TRACE(c.action);
    mailbox.mails = {{"18c2", c.before}};
    const mcp::ToolResult result =
        modify(R"({"ids":["18c2"],"action":")" + std::string(c.action) + "\"}");
    EXPECT_EQ(status_of(result), "changed");
    EXPECT_EQ(mailbox.labels_of("18c2"), c.after);
    EXPECT_EQ(status_of(undo(text_in(result, "undo"))), "undone");
    EXPECT_EQ(mailbox.labels_of("18c2"), c.before);
  }
}

TEST_F(GmailModify, UntrashingTouchesNothingOutsideTheBin) {
  mailbox.mails = {{"18c2", {"Label_1"}}, {"18c1", {"TRASH"}}};
  const mcp::ToolResult result = modify(R"({"ids":["18c2","18c1"],"action":"untrash"})");
  EXPECT_EQ(count_of(result), 1);
  EXPECT_EQ(mailbox.labels_of("18c2"), Labels{"Label_1"});
  EXPECT_EQ(mailbox.labels_of("18c1"), Labels{"INBOX"});
}

TEST_F(GmailModify, ChangesAllMessagesOfAThreadOnlyWhereSomethingChanges) {
  mailbox.mails = {{"18c3", {"INBOX"}, "7a"}, {"18c2", {}, "7a"}, {"18c1", {"INBOX"}, "7a"}};
  const mcp::ToolResult result = modify(R"({"ids":["t:7a"],"action":"archive","add":["ops"]})");
  EXPECT_EQ(count_of(result), 3);
  EXPECT_THAT(result.text, HasSubstr("added: Ops\nremoved: Inbox"));
  for (const char* id : {"18c1", "18c2", "18c3"})
    EXPECT_EQ(mailbox.labels_of(id), Labels{"Label_1"});
  EXPECT_EQ(mailbox.posts(), 2u);
  undo(text_in(result, "undo"));
  EXPECT_EQ(mailbox.labels_of("18c2"), Labels{}) << "it never was in the inbox";
  EXPECT_EQ(mailbox.labels_of("18c3"), Labels{"INBOX"});
}

TEST_F(GmailModify, ABareIdMayBeAThreadAndAPageNamesOne) {
  mailbox.mails = {{"18c3aaaaaaaaaaaa", {"INBOX"}, "18c2aaaaaaaaaaaa"}};
  EXPECT_EQ(count_of(modify(R"({"ids":["18c2aaaaaaaaaaaa"],"action":"star"})")), 1);
  EXPECT_EQ(
      count_of(modify(
          R"({"ids":["https://mail.google.com/mail/u/0/#inbox/18c2aaaaaaaaaaaa"],"action":"archive"})")),
      1);
  EXPECT_EQ(mailbox.labels_of("18c3aaaaaaaaaaaa"), Labels{"STARRED"});
}

TEST_F(GmailModify, WhatIsAsWantedAlreadyIsLeftAlone) {
  mailbox.mails = {{"18c2", {}}};
  const mcp::ToolResult result = modify(R"({"ids":["18c2"],"action":"archive"})");
  EXPECT_EQ(status_of(result), "unchanged");
  EXPECT_THAT(result.text, HasSubstr("1 message needed no change"));
  EXPECT_EQ(text_in(result, "undo"), "none");
  EXPECT_EQ(mailbox.posts(), 0u);
}

TEST_F(GmailModify, DraftsAreLeftOut) {
  mailbox.mails = {{"18c2", {"DRAFT"}}};
  const mcp::ToolResult result = modify(R"({"ids":["18c2"],"action":"star"})");
  EXPECT_EQ(status_of(result), "unchanged");
  EXPECT_THAT(result.text, HasSubstr("drafts have no labels"));
}

TEST_F(GmailModify, RefusesBeforeAnythingIsAskedOfGoogle) {
  const char* cases[] = {
      R"({"action":"archive"})",
      R"({"ids":[],"action":"archive"})",
      R"({"ids":["18c2"],"query":"x","action":"archive"})",
      R"({"query":"  ","action":"archive"})",
      R"({"ids":["18c2"]})",
      R"({"ids":["18c2"],"add":[]})",
      R"({"ids":["18c2"],"action":"delete"})",
      R"({"ids":["../../drafts"],"action":"archive"})",
      R"({"ids":["18c2/trash?alt=media"],"action":"archive"})",
      R"({"ids":["18c2"],"add":["a","b","c","d","e","f","g","h","i"]})",
  };
  for (const char* arguments : cases)  // TO-01
    EXPECT_EQ(code_of(modify(arguments)), "invalid_argument") << arguments;
  std::string many = R"({"action":"archive","ids":[)";
  for (int i = 0; i < 51; ++i) many += (i > 0 ? ",\"18c" : "\"18c") + std::to_string(i) + "\"";
  EXPECT_EQ(code_of(modify(many + "]}")), "invalid_argument");
  EXPECT_THAT(mailbox.seen, IsEmpty());
}

TEST_F(GmailModify, RefusesLabelsThatAreUnknownAmbiguousOrGooglesOwn) {
  mailbox.mails = {{"18c2", {"INBOX"}}};
  mailbox.labels.emplace_back("Label_3", "category/social");
  const std::pair<const char*, const char*> cases[] = {
      {"review", "Is it one of these? Ops/Review"},
      {"nothing like it", "gmail_labels lists them"},
      {"CATEGORY/SOCIAL", "CATEGORY_SOCIAL, Label_3"},
      {"Trash", "action trash"},
      {"spam", "action spam"},
      {"Sent", "cannot be changed"},
      {"", "There is no label"},
  };
  for (const auto& [label, words] : cases) {
    const mcp::ToolResult result =
        modify(R"({"ids":["18c2"],"add":[")" + std::string(label) + "\"]}");
    EXPECT_EQ(code_of(result), "invalid_argument") << label;
    EXPECT_THAT(result.text, HasSubstr(words));
  }
  EXPECT_EQ(code_of(modify(R"({"ids":["18c2"],"add":["Inbox"],"action":"archive"})")),
            "invalid_argument");
  EXPECT_EQ(mailbox.posts(), 0u);
  // Exactly as it is written, or by id, one is meant.
  EXPECT_EQ(status_of(modify(R"({"ids":["18c2"],"add":["Category/Social","Label_2"]})")),
            "changed");
  EXPECT_EQ(mailbox.labels_of("18c2"), (Labels{"CATEGORY_SOCIAL", "INBOX", "Label_2"}));
}

TEST_F(GmailModify, AnIdOfNobodyStopsTheWhole) {
  mailbox.mails = {{"18c2", {"INBOX"}}};
  const mcp::ToolResult result = modify(R"({"ids":["18c2","18ff"],"action":"archive"})");
  EXPECT_EQ(code_of(result), "not_found_or_no_access");
  EXPECT_THAT(result.text, HasSubstr("18ff"));
  EXPECT_EQ(mailbox.labels_of("18c2"), Labels{"INBOX"});
}

TEST_F(GmailModify, NeedsGooglesPermission) {  // TO-14
  for (const char* scope : {"gmail.readonly", "gmail.compose"}) {
    stage.alice.tokens_.scopes = {scope};
    EXPECT_EQ(code_of(modify(R"({"ids":["18c2"],"action":"archive"})")), "scope_missing");
  }
  EXPECT_THAT(mailbox.seen, IsEmpty());
  stage.alice.tokens_.scopes = {"gmail.modify"};
  mailbox.mails = {{"18c2", {"INBOX"}}};
  mailbox.trouble = [](http::Method method, const std::string&, const std::string&) {
    if (method != http::Method::post) return std::optional<LabelledMailbox::Answer>();
    return std::optional(http::ScriptedClient::answer(
        403,
        R"({"error":{"code":403,"message":"m","errors":[{"reason":"insufficientPermissions"}]}})"));
  };
  const mcp::ToolResult result = modify(R"({"ids":["18c2"],"action":"archive"})");  // GO-04
  EXPECT_EQ(code_of(result), "scope_missing");
}

TEST_F(GmailModify, IsOfferedOnlyWhereTheOperatorAllowsAll) {  // TO-13
  for (const char* name : {"gmail_modify", "workspace_undo"}) {
    EXPECT_NE(stage.catalog.tools.find(name), nullptr);
    for (const Mode mode : {Mode::readonly, Mode::draft})
      EXPECT_EQ(ToolStage(mode).catalog.tools.find(name), nullptr);
    const mcp::Tool* tool = stage.catalog.tools.find(name);
    EXPECT_EQ(tool->scope, kWorkspaceWriteScope);
    EXPECT_FALSE(tool->annotations.read_only);
    EXPECT_FALSE(tool->annotations.destructive);
    EXPECT_TRUE(tool->annotations.idempotent);
    EXPECT_FALSE(tool->annotations.open_world);
  }
}

// --- by query: asked first ---

TEST_F(GmailModify, AQueryWaitsForTheUserAndChangesWhatTheyWereShown) {
  mailbox.fill(8, {"INBOX"});
  const mcp::ToolResult asked = modify(kArchiveAll);
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  for (const char* words : {"Archive: 8 messages?", "They match: from:x",
                            "- Bob: No 19a1ce0000000008", "and 3 more", "undone for 24 hours"})
    EXPECT_THAT(asked.text, HasSubstr(words));
  EXPECT_EQ(mailbox.posts(), 0u);
  // New mail that matches came meanwhile: nobody was asked about that.
  mailbox.mails.insert(mailbox.mails.begin(), {LabelledMailbox::id_of(9), {"INBOX"}});
  const mcp::ToolResult result = modify(with(kArchiveAll, "confirm", text_in(asked, "confirm")));
  EXPECT_EQ(status_of(result), "changed");
  EXPECT_EQ(count_of(result), 8);
  EXPECT_EQ(mailbox.count_of("INBOX"), 1u);
  EXPECT_EQ(mailbox.posts(), 1u);
  EXPECT_EQ(count_of(undo(text_in(result, "undo")), "restored"), 8);
  EXPECT_EQ(mailbox.count_of("INBOX"), 9u);
}

TEST_F(GmailModify, WhenWhatWasShownIsNoLongerThereTheUserIsAskedAgain) {
  mailbox.fill(8, {"INBOX"});
  const std::string code = text_in(modify(kArchiveAll), "confirm");
  mailbox.mails[3].labels.clear();
  const mcp::ToolResult again = modify(with(kArchiveAll, "confirm", code));
  EXPECT_EQ(code_of(again), "blocked_by_policy");
  EXPECT_THAT(again.text, HasSubstr("changed meanwhile. Archive: 7 messages?"));
  EXPECT_EQ(mailbox.posts(), 0u);
  EXPECT_EQ(count_of(modify(with(kArchiveAll, "confirm", text_in(again, "confirm")))), 7);
}

TEST_F(GmailModify, ACodeIsGoodForTheseArgumentsThisUserAndTenMinutes) {
  mailbox.fill(3, {"INBOX"});
  const std::string code = text_in(modify(kArchiveAll), "confirm");
  for (const char* other :
       {R"({"query":"from:y","action":"archive"})", R"({"query":"from:x","action":"trash"})",
        R"({"query":"from:x","action":"archive","add":["Ops"]})",
        R"({"query":"from:x","action":"archive","request_id":"1"})",
        R"({"ids":["19a1ce0000000001"],"action":"archive"})"}) {
    EXPECT_EQ(code_of(modify(with(other, "confirm", code))), "blocked_by_policy") << other;
  }
  EXPECT_EQ(code_of(stage.call_as(stage.bob, "gmail_modify", with(kArchiveAll, "confirm", code))),
            "blocked_by_policy");
  const std::string of_mail =
      stage.sealer.seal("gmail_send confirm", stage.alice.principal, "x", std::chrono::seconds(60));
  EXPECT_EQ(code_of(modify(with(kArchiveAll, "confirm", of_mail))), "blocked_by_policy");
  stage.clock.advance(std::chrono::seconds(600));
  EXPECT_EQ(code_of(modify(with(kArchiveAll, "confirm", code))), "blocked_by_policy");
  EXPECT_EQ(mailbox.posts(), 0u);
}

TEST_F(GmailModify, TheUserIsAskedWhereTheClientCan) {
  mailbox.fill(3, {"INBOX"});
  const mcp::ToolResult asked = modify_asking(kArchiveAll, nullptr);
  ASSERT_TRUE(asked.input_required);
  EXPECT_THAT(asked.input_required->requests.at(0).params, HasSubstr("Archive: 3 messages?"));
  EXPECT_LT(asked.input_required->state.size(), mcp::kInputStateBytesMax);
  const std::string state = asked.input_required->state;
  for (const char* no : {R"({"action":"decline"})", R"({"action":"cancel"})",
                         R"({"action":"accept","content":{"change":false}})", "{}"}) {
    const mcp::ToolResult refused = modify_asking(kArchiveAll, no, state);
    EXPECT_EQ(code_of(refused), "blocked_by_policy") << no;
    EXPECT_THAT(refused.text, HasSubstr("did not agree"));
  }
  constexpr const char* kYes = R"({"action":"accept","content":{"change":true}})";
  EXPECT_TRUE(modify_asking(kArchiveAll, kYes).input_required) << "an answer to no question";
  EXPECT_EQ(mailbox.posts(), 0u);
  EXPECT_EQ(status_of(modify_asking(kArchiveAll, kYes, state)), "changed");
  EXPECT_EQ(mailbox.count_of("INBOX"), 0u);
}

TEST_F(GmailModify, ManyMessagesNamedByThreadsAreAskedAboutToo) {  // PI-08
  for (std::size_t i = 0; i < 51; ++i)
    mailbox.mails.push_back({LabelledMailbox::id_of(i + 1), {"INBOX"}, "7a"});
  const char* const arguments = R"({"ids":["t:7a"],"action":"trash"})";
  const mcp::ToolResult asked = modify(arguments);
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_THAT(asked.text, HasSubstr("Move to the bin: 51 messages?"));
  EXPECT_EQ(count_of(modify(with(arguments, "confirm", text_in(asked, "confirm")))), 51);
}

TEST_F(GmailModify, WhoTidiesInSmallStepsIsAskedInTheEnd) {  // PI-08
  for (int i = 0; i < 7; ++i) {
    mailbox.mails.clear();
    for (std::size_t k = 0; k < 50; ++k)
      mailbox.mails.push_back({LabelledMailbox::id_of(k + 1), {"INBOX"}, "7a"});
    const mcp::ToolResult result = modify(R"({"ids":["t:7a"],"action":"trash"})");
    EXPECT_EQ(result.is_error, i == 6) << result.text;
    stage.clock.advance(std::chrono::seconds(70));
  }
  stage.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(count_of(modify(R"({"ids":["t:7a"],"action":"trash"})")), 50);
}

TEST_F(GmailModify, OneCallHasACeiling) {  // TO-09
  mailbox.fill(620, {"INBOX"});
  const mcp::ToolResult asked = modify(kArchiveAll);
  EXPECT_THAT(asked.text, HasSubstr("Archive: 500 messages?"));
  EXPECT_THAT(asked.text, HasSubstr("More match; these are the newest."));
  const mcp::ToolResult result = modify(with(kArchiveAll, "confirm", text_in(asked, "confirm")));
  EXPECT_EQ(count_of(result), 500);
  EXPECT_THAT(result.text, HasSubstr("more messages match"));
  EXPECT_EQ(mailbox.count_of("INBOX"), 120u);
  EXPECT_LT(result.structured.size(), 8'000u) << "the answer and its handle are portable";
  // The next call goes on with the rest, although the query still matches all.
  const mcp::ToolResult rest = modify(kArchiveAll);
  EXPECT_THAT(rest.text, HasSubstr("Archive: 120 messages?"));
  EXPECT_EQ(count_of(undo(text_in(result, "undo")), "restored"), 500);
  EXPECT_EQ(mailbox.count_of("INBOX"), 620u);
}

TEST_F(GmailModify, EndlessPagesEnd) {  // GO-19
  mailbox.mails = {{"18c2", {"STARRED"}}};
  mailbox.trouble = [&](http::Method, const std::string& path, const std::string&) {
    if (path != "/messages") return std::optional<LabelledMailbox::Answer>();
    const std::string token = std::to_string(mailbox.seen.size());
    return std::optional(http::ScriptedClient::answer(
        200, R"({"messages":[{"id":"18c2"}],"nextPageToken":")" + token + "\"}"));
  };
  EXPECT_EQ(status_of(modify(R"({"query":"x","action":"star"})")), "unchanged");
  EXPECT_LE(mailbox.seen.size(), 21u);
}

TEST_F(GmailModify, ADryRunOnlyTells) {
  mailbox.fill(7, {"INBOX"});
  const mcp::ToolResult result = modify(R"({"query":"x","action":"archive","dry_run":true})");
  EXPECT_EQ(status_of(result), "would_change");
  EXPECT_EQ(count_of(result), 7);
  EXPECT_EQ(json_of(result).find("preview")->find("rows")->size(), 5u);
  EXPECT_THAT(result.text, HasSubstr("untrusted-"));  // PI-01
  EXPECT_EQ(mailbox.posts(), 0u);
}

TEST_F(GmailModify, KnowsWhoHasALabelWithoutOpeningEveryMessage) {
  mailbox.fill(300, {"INBOX"});
  for (std::size_t i = 0; i < 300; i += 3) mailbox.mails[i].labels.insert("Label_1");
  const std::string arguments = R"({"query":"x","action":"archive","add":["Ops"]})";
  const std::string code = text_in(modify(arguments), "confirm");
  mailbox.seen.clear();
  const mcp::ToolResult result = modify(with(arguments, "confirm", code));
  EXPECT_EQ(count_of(result), 300);
  EXPECT_LE(mailbox.seen.size(), 7u);
  EXPECT_EQ(mailbox.count_of("Label_1"), 300u);
  undo(text_in(result, "undo"));
  EXPECT_EQ(mailbox.count_of("Label_1"), 100u);
  EXPECT_EQ(mailbox.count_of("INBOX"), 300u);
}

// --- trouble in the middle ---

TEST_F(GmailModify, ALimitInTheMiddleSaysWhatWasDoneAndCanBeUndone) {  // GO-04
  mailbox.mails = {{"18c3", {"INBOX"}}, {"18c2", {}}, {"18c1", {"INBOX"}}};
  std::size_t batches = 0;
  mailbox.trouble = [&](http::Method method, const std::string&, const std::string&) {
    if (method != http::Method::post || ++batches == 1)
      return std::optional<LabelledMailbox::Answer>();
    return std::optional(http::ScriptedClient::answer(429, kRateLimited));
  };
  const std::string arguments =
      R"({"ids":["18c1","18c2","18c3"],"action":"archive","add":["Ops"],"request_id":"1"})";
  const mcp::ToolResult result = modify(arguments);
  EXPECT_EQ(code_of(result), "rate_limited");
  EXPECT_EQ(text_in(result, "status"), "partly");
  const std::int64_t changed = count_of(result);
  EXPECT_EQ(changed + count_of(result, "failed"), 3);
  EXPECT_TRUE(json_of(result).find_integer("retry_after_s"));
  EXPECT_EQ(static_cast<std::int64_t>(mailbox.count_of("Label_1")), changed);
  mailbox.trouble = nullptr;
  // The request was not finished, so a repeat goes on.
  EXPECT_EQ(count_of(modify(arguments)), 3 - changed);
  EXPECT_EQ(count_of(undo(text_in(result, "undo")), "restored"), changed);
  EXPECT_EQ(static_cast<std::int64_t>(mailbox.count_of("Label_1")), 3 - changed);
}

TEST_F(GmailModify, APermissionWithdrawnInTheMiddleLosesNoUndo) {
  mailbox.mails = {{"18c3", {"INBOX"}}, {"18c2", {}}, {"18c1", {"INBOX"}}};
  std::size_t batches = 0;
  mailbox.trouble = [&](http::Method method, const std::string&, const std::string&) {
    if (method != http::Method::post || ++batches == 1)
      return std::optional<LabelledMailbox::Answer>();
    return std::optional(http::ScriptedClient::answer(
        403, R"({"error":{"code":403,"message":"Request had insufficient scopes.",)"
             R"("errors":[{"reason":"insufficientPermissions"}]}})"));
  };
  const std::string link = "https://gate.example/consent?more=x";
  stage.alice.remedy_.consent_url = link;
  const mcp::ToolResult result =
      modify(R"({"ids":["18c1","18c2","18c3"],"action":"archive","add":["Ops"]})");
  EXPECT_EQ(code_of(result), "scope_missing");
  EXPECT_EQ(text_in(result, "consent_url"), link);
  EXPECT_EQ(text_in(result, "status"), "partly");
  EXPECT_GT(count_of(result), 0);
  EXPECT_THAT(result.text, HasSubstr("\nfix: Ask the user to open consent_url"));
  EXPECT_THAT(result.text, HasSubstr("\nconsent_url: " + link + "\n"));
  EXPECT_THAT(result.text, HasSubstr("\nundo: " + text_in(result, "undo")));
  EXPECT_THAT(result.text, Not(HasSubstr("Repeat the call")));
  mailbox.trouble = nullptr;
  EXPECT_EQ(count_of(undo(text_in(result, "undo")), "restored"), count_of(result));
}

TEST_F(GmailModify, OneMessageIsOne) {
  mailbox.mails = {{"18c3", {"INBOX"}}, {"18c2", {"INBOX"}}};
  const auto undone = [&](const std::string& ids) {
    return undo(text_in(modify(R"({"ids":)" + ids + R"(,"action":"archive"})"), "undo")).text;
  };
  EXPECT_THAT(undone(R"(["18c3"])"), HasSubstr("restored: 1 message"));
  EXPECT_THAT(undone(R"(["18c3"])"), Not(HasSubstr("1 messages")));
  EXPECT_THAT(undone(R"(["18c3","18c2"])"), HasSubstr("restored: 2 messages"));
}

TEST_F(GmailModify, WhatMayHaveHappenedIsInTheUndoToo) {
  mailbox.mails = {{"18c3", {"INBOX"}}};
  mailbox.trouble = [&](http::Method method, const std::string&, const std::string&) {
    if (method != http::Method::post) return std::optional<LabelledMailbox::Answer>();
    mailbox.mails[0].labels.clear();
    return std::optional(http::ScriptedClient::failure(base::Errc::timeout));
  };
  const mcp::ToolResult result = modify(R"({"ids":["18c3"],"action":"archive"})");
  EXPECT_EQ(code_of(result), "google_unavailable");
  EXPECT_EQ(count_of(result, "failed"), 1);
  mailbox.trouble = nullptr;
  EXPECT_EQ(status_of(undo(text_in(result, "undo"))), "undone");
  EXPECT_EQ(mailbox.labels_of("18c3"), Labels{"INBOX"});
}

TEST_F(GmailModify, AMessageThatVanishesMeanwhileStopsNoOther) {
  mailbox.mails = {{"18c3", {"INBOX"}}, {"18c2", {"INBOX"}}};
  mailbox.trouble = [&](http::Method method, const std::string&, const std::string&) {
    if (method == http::Method::post) mailbox.lose("18c3");
    return std::optional<LabelledMailbox::Answer>();
  };
  const mcp::ToolResult result = modify(R"({"ids":["18c3","18c2"],"action":"archive"})");
  EXPECT_EQ(status_of(result), "changed");
  EXPECT_EQ(count_of(result), 1);
  EXPECT_THAT(result.text, HasSubstr("1 message did not exist any more"));
}

TEST_F(GmailModify, NonsenseOfGooglesChangesNothing) {  // GO-09
  mailbox.mails = {{"18c3", {"INBOX"}}};
  for (const char* nonsense : {"[]", "null", "<html>", R"({"labelIds":7})", R"({"id":[1]})"}) {
    mailbox.trouble = [nonsense](http::Method method, const std::string&, const std::string&) {
      if (method == http::Method::post) return std::optional<LabelledMailbox::Answer>();
      return std::optional(http::ScriptedClient::answer(200, nonsense));
    };
    modify(R"({"ids":["18c3"],"action":"archive"})");
    modify(R"({"query":"x","action":"star","add":["Ops"]})");
  }
  EXPECT_EQ(mailbox.posts(), 0u);
}

// --- repeats ---

TEST_F(GmailModify, ARepeatedRequestIdDoesNothingAndGivesTheSameUndo) {
  mailbox.mails = {{"18c3", {"INBOX"}}};
  const char* const arguments = R"({"ids":["18c3"],"action":"archive","request_id":"1"})";
  const mcp::ToolResult first = modify(arguments);
  mailbox.mails[0].labels = {"INBOX"};  // the user put it back
  const mcp::ToolResult again = modify(arguments);
  EXPECT_EQ(status_of(again), "already_done");
  EXPECT_EQ(text_in(again, "undo"), text_in(first, "undo"));
  EXPECT_EQ(mailbox.labels_of("18c3"), Labels{"INBOX"});
  EXPECT_EQ(code_of(modify(R"({"ids":["18c3"],"action":"trash","request_id":"1"})")), "conflict");
  stage.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(status_of(modify(arguments)), "changed");
}

TEST_F(GmailModify, ARequestIdIsTheCallersOwn) {
  mailbox.mails = {{"18c3", {"INBOX"}}};
  const char* const arguments = R"({"ids":["18c3"],"action":"archive","request_id":"1"})";
  EXPECT_EQ(status_of(modify(arguments)), "changed");
  EXPECT_EQ(status_of(stage.call_as(stage.bob, "gmail_modify", arguments)), "unchanged");
}

TEST_F(GmailModify, AnHourHasItsLimit) {  // PI-08
  mailbox.fill(500, {});
  for (int i = 0; i < 6; ++i) {
    const std::string arguments =
        i % 2 == 0 ? R"({"query":"x","action":"star"})" : R"({"query":"x","action":"unstar"})";
    const std::string code = text_in(modify(arguments), "confirm");
    EXPECT_EQ(count_of(modify(with(arguments, "confirm", code))), 500);
    stage.clock.advance(std::chrono::seconds(120));
  }
  const std::string one = R"({"ids":[")" + LabelledMailbox::id_of(1) + R"("],"action":"star"})";
  const mcp::ToolResult refused = modify(one);
  EXPECT_EQ(code_of(refused), "rate_limited");
  EXPECT_EQ(count_of(refused, "retry_after_s"), 3600 - 6 * 120);
  stage.clock.advance(std::chrono::seconds(3600 - 6 * 120));
  EXPECT_EQ(status_of(modify(one)), "changed");
}

TEST_F(GmailModify, EveryChangeIsInTheLogWithoutContent) {  // PI-12
  mailbox.mails = {{"18c3", {"INBOX"}}};
  modify(R"({"query":"secret words","action":"archive"})");
  undo(text_in(modify(R"({"ids":["18c3"],"action":"archive"})"), "undo"));
  const std::string log = stage.log.text();
  EXPECT_THAT(log, HasSubstr(R"("event":"mail change","reason":"confirmation needed",)"
                             R"("tool":"gmail_modify","user":"alice","client":"client")"));
  EXPECT_THAT(log, HasSubstr(R"("event":"mail change","reason":"changed","tool":"gmail_modify",)"
                             R"("user":"alice","client":"client","object":"18c3","count":1)"));
  EXPECT_THAT(log, HasSubstr(R"("event":"undo","reason":"undone","tool":"workspace_undo")"));
  EXPECT_THAT(log, Not(HasSubstr("secret")));
}

TEST_F(GmailModify, TheCacheOfSummariesForgetsWhatWasChanged) {
  mailbox.mails = {{"18c3", {"INBOX"}}};
  Summary summary;
  summary.id = "18c3";
  const CacheOwner alice{"alice", "s", base::Secret(32)};
  stage.services.mail_cache.begin(alice, "1", stage.clock.now());
  stage.services.mail_cache.put(alice, "18c3", summary, stage.clock.now());
  ASSERT_TRUE(stage.services.mail_cache.find(alice, "18c3", stage.clock.now()));
  modify(R"({"ids":["18c3"],"action":"archive"})");
  EXPECT_FALSE(stage.services.mail_cache.find(alice, "18c3", stage.clock.now()));
}

// --- undo ---

class WorkspaceUndo : public GmailModify {
 protected:
  std::string archived() {
    mailbox.mails = {{"18c3", {"INBOX"}}, {"18c2", {"INBOX"}}};
    return text_in(modify(R"({"ids":["18c3","18c2"],"action":"archive"})"), "undo");
  }
};

TEST_F(WorkspaceUndo, DoingItAgainDoesNoHarm) {
  const std::string handle = archived();
  EXPECT_EQ(count_of(undo(handle), "restored"), 2);
  EXPECT_EQ(count_of(undo(handle), "restored"), 2);
  EXPECT_EQ(mailbox.count_of("INBOX"), 2u);
}

TEST_F(WorkspaceUndo, SaysWhatIsGone) {
  const std::string handle = archived();
  mailbox.lose("18c2");
  const mcp::ToolResult result = undo(handle);
  EXPECT_EQ(status_of(result), "undone");
  EXPECT_EQ(count_of(result, "restored"), 1);
  EXPECT_EQ(count_of(result, "gone"), 1);
  mailbox.lose("18c3");
  EXPECT_EQ(status_of(undo(handle)), "nothing left");
}

TEST_F(WorkspaceUndo, IsForTheUserWhoseItIsWholeAndForADay) {
  const std::string handle = archived();
  const std::string quoted = R"({"undo":")" + handle + "\"}";
  EXPECT_EQ(code_of(stage.call_as(stage.bob, "workspace_undo", quoted)), "invalid_argument");
  EXPECT_EQ(code_of(undo(handle + "0")), "invalid_argument");
  EXPECT_EQ(code_of(undo("")), "invalid_argument");
  EXPECT_EQ(code_of(undo(std::string(60'001, 'a'))), "invalid_argument");
  const std::string foreign =
      stage.sealer.seal("gmail_search", "alice", "gmail labels\nx", std::chrono::hours(1));
  EXPECT_EQ(code_of(undo(foreign)), "invalid_argument");
  stage.clock.advance(std::chrono::hours(24));
  const mcp::ToolResult late = undo(handle);
  EXPECT_EQ(code_of(late), "invalid_argument");
  EXPECT_THAT(late.text, HasSubstr("24 hours"));
  EXPECT_EQ(mailbox.count_of("INBOX"), 0u);
}

TEST_F(WorkspaceUndo, ServesTheUserThroughAnotherClientOfTheirs) {
  const std::string handle = archived();
  StageAccount same("alice");
  same.principal = "alice/other";
  same.tokens_.scopes = {"gmail.modify"};
  EXPECT_FALSE(stage.call_as(same, "workspace_undo", R"({"undo":")" + handle + "\"}").is_error);
  EXPECT_EQ(mailbox.count_of("INBOX"), 2u);
}

TEST_F(WorkspaceUndo, KnowsNoKindsOfOthersAndNoOtherForms) {
  for (const char* state : {"calendar events\nx", "gmail labels\n", "gmail labels\nlabels 2",
                            "gmail labels\nlabels 1\nA;B;x;99\n", "gmail labels"}) {
    const std::string handle =
        stage.sealer.seal("workspace_undo", "alice", state, std::chrono::hours(1));
    const mcp::ToolResult result = undo(handle);
    EXPECT_TRUE(result.is_error) << state << result.text;
  }
  EXPECT_THAT(mailbox.seen, IsEmpty());
}

TEST_F(WorkspaceUndo, NeedsGooglesPermissionAndSaysWhenGoogleIsAway) {
  const std::string handle = archived();
  stage.alice.tokens_.scopes = {"gmail.readonly"};
  EXPECT_EQ(code_of(undo(handle)), "scope_missing");
  stage.alice.tokens_.scopes = {"gmail.modify"};
  mailbox.trouble = [](http::Method method, const std::string&, const std::string&) {
    if (method != http::Method::post) return std::optional<LabelledMailbox::Answer>();
    return std::optional(http::ScriptedClient::answer(429, kRateLimited));
  };
  const mcp::ToolResult result = undo(handle);
  EXPECT_EQ(code_of(result), "rate_limited");
  EXPECT_EQ(count_of(result, "failed"), 2);
  mailbox.trouble = nullptr;
  EXPECT_EQ(count_of(undo(handle), "restored"), 2);
}

TEST_F(WorkspaceUndo, ALabelThatWasDeletedMeanwhileIsSaid) {
  mailbox.mails = {{"18c3", {"Label_1"}}};
  const std::string handle =
      text_in(modify(R"({"ids":["18c3"],"remove":["Ops"],"action":"star"})"), "undo");
  mailbox.labels.clear();
  const mcp::ToolResult result = undo(handle);
  EXPECT_EQ(status_of(result), "undone");
  EXPECT_THAT(result.text, HasSubstr("does not exist any more"));
  EXPECT_EQ(mailbox.labels_of("18c3"), Labels{}) << "the star is off again";
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
