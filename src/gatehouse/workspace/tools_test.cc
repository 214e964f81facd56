// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A tool as tools/list shows it, annotations aside.
std::string definition_of(const mcp::Tool& tool) {
  return tool.name + tool.title + tool.description + tool.input_schema + tool.output_schema;
}

// PI-10
TEST(Tools, AreTheSameListEveryTime) {
  ToolStage first(Mode::full);
  ToolStage second(Mode::full);
  ASSERT_EQ(first.catalog.tools.tools().size(), second.catalog.tools.tools().size());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < first.catalog.tools.tools().size(); ++i) {
    names.push_back(first.catalog.tools.tools()[i].name);
    EXPECT_EQ(definition_of(first.catalog.tools.tools()[i]),
              definition_of(second.catalog.tools.tools()[i]));
  }
  EXPECT_THAT(names,
              ElementsAre("whoami", "account_connect", "account_disconnect", "workspace_undo",
                          "gmail_search", "gmail_read", "gmail_attachment", "gmail_labels",
                          "workspace_upload", "gmail_draft", "gmail_send", "gmail_modify"));
}

TEST(Tools, CostAModelAtMost250TokensEach) {
  ToolStage stage;
  std::size_t all = 0;
  for (const mcp::Tool& tool : stage.catalog.tools.tools()) {
    all += definition_of(tool).size();
    EXPECT_LE(definition_of(tool).size(), 250u * 4) << tool.name << "\n" << definition_of(tool);
    EXPECT_LE(tool.name.size(), 32u);
    EXPECT_EQ(tool.output_schema.find("$ref"), std::string::npos);
    EXPECT_EQ(tool.output_schema.find("required"), std::string::npos)
        << "failed calls answer under the same schema";
    EXPECT_TRUE(base::JsonDocument::parse(tool.output_schema));
  }
  EXPECT_LE(all, 5'000u * 4);
}

// INFRA-03
TEST(Tools, HaveNoArgumentThatNamesAUser) {
  ToolStage stage;
  for (const mcp::Tool& tool : stage.catalog.tools.tools()) {
    for (const char* name : {"\"user\"", "\"account\"", "\"user_id\"", "\"email\""}) {
      EXPECT_EQ(tool.input_schema.find(name), std::string::npos) << tool.name;
    }
  }
}

TEST(Tools, ReadOnlyOnesSaySo) {
  ToolStage stage(Mode::readonly);
  EXPECT_EQ(stage.catalog.tools.tools().size(), 7u);
  for (const mcp::Tool& tool : stage.catalog.tools.tools()) {
    const bool is_of_account = tool.name.starts_with("account_");  // these change no data
    EXPECT_NE(tool.annotations.read_only, is_of_account) << tool.name;
    if (is_of_account) EXPECT_LE(definition_of(tool).size(), 150u * 4) << definition_of(tool);
  }
}

TEST(Tools, AskGoogleForNoMoreThanTheyUse) {
  EXPECT_THAT(google_scopes(Mode::readonly), ElementsAre("gmail.readonly"));
  EXPECT_THAT(google_scopes(Mode::draft), ElementsAre("gmail.readonly", "gmail.compose"));
  EXPECT_THAT(google_scopes(Mode::full), ElementsAre("gmail.modify"));
}

TEST(Tools, ScopesOfOursStandForWhatTheirToolsUse) {  // T10
  const std::vector<std::string> both{"workspace.read", "workspace.write"};
  for (const Mode mode : {Mode::readonly, Mode::draft, Mode::full}) {
    EXPECT_THAT(google_scopes(mode, {"workspace.read"}), ElementsAre("gmail.readonly"));
    EXPECT_EQ(google_scopes(mode, both), google_scopes(mode));
    EXPECT_THAT(google_scopes(mode, {}), ElementsAre());
    // Google has no scope for drafts only: what allows them includes sending.
    std::vector<std::string> needed;
    for (const ScopeNeed& need : all_scope_needs()) {
      if (allows(mode, need.least)) needed.emplace_back(need.scope);
    }
    for (const ScopeNeed& need : all_scope_needs()) {
      EXPECT_EQ(is_granted(google_scopes(mode, both), need.scope), is_granted(needed, need.scope))
          << need.scope;
    }
  }
}

TEST(Tools, AScopeOfOursServesWhileGoogleGrantedSomethingForIt) {  // UP-10
  const std::vector<std::string> reading{"workspace.read"};
  EXPECT_EQ(served_scopes(Mode::full, reading, {"openid", "gmail.readonly"}), reading);
  EXPECT_EQ(served_scopes(Mode::full, reading, {"gmail.modify"}), reading);
  EXPECT_THAT(served_scopes(Mode::full, reading, {"openid", "calendar.events"}), ElementsAre());
  // What stands for nothing at Google is ours to give.
  EXPECT_THAT(served_scopes(Mode::full, {"notes"}, {}), ElementsAre("notes"));
}

TEST(GoogleScope, StrongerOnesServeToo) {
  EXPECT_TRUE(is_granted({"gmail.modify"}, "gmail.readonly"));
  EXPECT_FALSE(is_granted({"gmail.readonly"}, "gmail.modify"));
  EXPECT_FALSE(is_granted({"gmail.metadata"}, "gmail.readonly"));
  EXPECT_THAT(collapsed({"gmail.readonly", "drive.file", "gmail.modify", "gmail.modify"}),
              ElementsAre("drive.file", "gmail.modify"));
  EXPECT_TRUE(allows(Mode::readonly, Mode::readonly));
  EXPECT_FALSE(allows(Mode::readonly, Mode::draft));
  EXPECT_FALSE(allows(Mode::draft, Mode::full));
}

TEST(Whoami, TellsAccountPermissionsAndBudget) {
  ToolStage stage(Mode::draft);
  stage.alice.scopes = {"workspace.read"};
  const mcp::ToolResult result = stage.call("whoami", "{}");

  EXPECT_FALSE(result.is_error);
  EXPECT_EQ(result.structured,
            R"({"email":"alice@acme.example","name":"Alice Admin","domain":"acme.example",)"
            R"("client":"Cursor","mode":"draft","scopes":["workspace.read"],)"
            R"("signed_in":"2026-11-10T09:15Z","sign_in_again":"2026-11-17T09:15Z",)"
            R"("toolsets":{"gmail":{"granted":["gmail.readonly"],"missing":["gmail.compose"]}},)"
            R"("units_left":6000})");
  EXPECT_EQ(
      result.text,
      "email: alice@acme.example\nname: Alice Admin\ndomain: acme.example\nclient: Cursor\n"
      "mode: draft\nscopes: workspace.read\nsigned_in: 2026-11-10T09:15Z\n"
      "sign_in_again: 2026-11-17T09:15Z\n"
      "gmail: granted gmail.readonly; missing gmail.compose (asked for when a tool first needs "
      "it)\nunits_left: 6000");
}

TEST(Whoami, NamesWhatIsMissing) {
  ToolStage stage;
  stage.alice.tokens_.scopes = {};
  const mcp::ToolResult result = stage.call("whoami", "{}");

  EXPECT_THAT(
      result.structured,
      HasSubstr(
          R"("toolsets":{"gmail":{"missing":["gmail.readonly","gmail.compose","gmail.send","gmail.modify"]}})"));
  EXPECT_THAT(result.text, HasSubstr("gmail: granted none; missing gmail.readonly, gmail.compose, "
                                     "gmail.send, gmail.modify (asked "));
}

TEST(Tools, SayHowAPersonCanAllowWhatGoogleWasNotAllowed) {  // RS-11
  ToolStage stage;
  stage.google_answers("/messages",
                       R"({"error":{"code":403,"message":"Request had insufficient scopes.",)"
                       R"("errors":[{"reason":"insufficientPermissions"}]}})",
                       403);
  const std::string link = "https://gate.example/consent?more=x";
  stage.alice.remedy_.consent_url = link;
  const mcp::ToolResult linked = stage.call("gmail_search", "{}");
  EXPECT_TRUE(linked.is_error);
  EXPECT_EQ(stage.alice.remedied_scope, "workspace.read");
  EXPECT_EQ(json_of(linked).find_string("code"), "scope_missing");
  EXPECT_EQ(json_of(linked).find_string("consent_url"), link);
  EXPECT_THAT(linked.text, HasSubstr("\nconsent_url: " + link));
  EXPECT_THAT(linked.text, Not(HasSubstr("insufficient")));

  stage.alice.remedy_ = Remedy();
  stage.alice.remedy_.allowed_meanwhile = true;
  EXPECT_THAT(stage.call("gmail_search", "{}").text, HasSubstr("make this call again"));
  stage.alice.remedy_ = Remedy();
  EXPECT_THAT(stage.call("gmail_search", "{}").text, HasSubstr("Reconnect Gatehouse"));
}

TEST(Tools, RefuseBadArgumentsInTheOneShape) {
  ToolStage stage;
  for (const char* arguments : {R"({"limit":0})", R"({"limit":"5"})", R"({"nonsense":1})",
                                R"({"by":"day"})", R"({"fields":["body"]})"}) {
    const mcp::ToolResult result = stage.call("gmail_search", arguments);
    SCOPED_TRACE(arguments);
    EXPECT_TRUE(result.is_error);
    EXPECT_EQ(json_of(result).find_string("code"), "invalid_argument");
    EXPECT_FALSE(json_of(result).find_string("message")->empty());
  }
  EXPECT_EQ(stage.asked_count(), 0u);
}

struct FaultCase {
  google::ApiFault fault;
  const char* code;
  const char* fix;
};

// TO-18
TEST(Answer, EveryFaultHasACodeAndAFix) {
  const FaultCase cases[] = {
      {google::ApiFault::scope_missing, "scope_missing", "tick this permission"},
      {google::ApiFault::reconsent_needed, "reconsent_needed", "Sign in again"},
      {google::ApiFault::rate_limited, "rate_limited", "Wait"},
      {google::ApiFault::not_found_or_no_access, "not_found_or_no_access", "id"},
      {google::ApiFault::blocked_by_admin, "blocked_by_admin", "administrator"},
      {google::ApiFault::too_large, "too_large", "less"},
      {google::ApiFault::conflict, "conflict", "current state"},
      {google::ApiFault::invalid_argument, "invalid_argument", "arguments"},
      {google::ApiFault::google_unavailable, "google_unavailable", "in a moment"},
      {google::ApiFault::outcome_unknown, "outcome_unknown", "before you repeat"},
  };
  for (const FaultCase& c : cases) {
    SCOPED_TRACE(c.code);
    const mcp::ToolResult result =
        error_result({c.fault, "What happened.", std::chrono::seconds(7), 400});
    EXPECT_TRUE(result.is_error);
    const base::JsonValue json = json_of(result);
    EXPECT_EQ(json.find_string("code"), c.code);
    EXPECT_EQ(json.find_string("message"), "What happened.");
    EXPECT_THAT(std::string(*json.find_string("fix")), HasSubstr(c.fix));
    EXPECT_EQ(json.find_integer("retry_after_s"), 7);
    EXPECT_THAT(result.text, HasSubstr(std::string(c.code) + ": What happened.\nfix: "));
  }
}

}  // namespace
}  // namespace gatehouse::workspace
