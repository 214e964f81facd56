// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/account_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/workspace/session_ends.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StageEnds final : public SessionEnds {
 public:
  base::Coroutine<Ended> end(const Account&, Ending ending) override {
    asked.push_back(ending);
    co_return answer;
  }
  std::vector<Ending> asked;
  Ended answer;
};

class AccountTools : public ::testing::Test {
 protected:
  AccountTools() {
    stage.alice.scopes = {"workspace.read"};
    ends.answer.is_done = true;
    stage.services.sessions = &ends;
  }

  ToolStage stage;
  StageEnds ends;
  const std::string link = "https://gate.example/consent?more=x";
};

TEST_F(AccountTools, ConnectSaysWhenAllIsThere) {
  EXPECT_EQ(status_of(stage.call("account_connect", "{}")), "connected");
  EXPECT_EQ(status_of(stage.call("account_connect", R"({"services":["gmail"]})")), "connected");
  EXPECT_EQ(stage.alice.remedied_scope, "") << "nothing was asked for";
}

TEST_F(AccountTools, ConnectGivesALinkForWhatIsMissing) {
  stage.alice.remedy_.consent_url = link;
  // The session may write, and Google was not allowed to.
  stage.alice.scopes = {"workspace.read", "workspace.write"};
  const mcp::ToolResult result = stage.call("account_connect", R"({"access":"write"})");
  EXPECT_EQ(status_of(result), "link");
  EXPECT_EQ(stage.alice.remedied_scope, "workspace.write");
  EXPECT_EQ(json_of(result).find_string("consent_url"), link);
  EXPECT_THAT(result.text, HasSubstr("consent_url: " + link));
  // Google allows it, and the session may not.
  stage.alice.tokens_.scopes = {"gmail.modify"};
  stage.alice.scopes = {"workspace.read"};
  EXPECT_EQ(status_of(stage.call("account_connect", R"({"access":"write"})")), "link");
  stage.alice.scopes = {"workspace.write"};
  EXPECT_EQ(status_of(stage.call("account_connect", R"({"access":"write"})")), "connected");
  EXPECT_EQ(status_of(stage.call("account_connect", R"({"access":"read"})")), "link");
  EXPECT_EQ(stage.alice.remedied_scope, "workspace.read");
  EXPECT_EQ(stage.asked_count(), 0u);
  EXPECT_THAT(stage.log.text(), HasSubstr(R"("event":"account connect","reason":"link given")"));
}

TEST_F(AccountTools, ConnectFindsWhatWasAllowedMeanwhile) {
  stage.alice.scopes = {};
  stage.alice.remedy_.allowed_meanwhile = true;
  EXPECT_EQ(status_of(stage.call("account_connect", "{}")), "allowed");
}

TEST_F(AccountTools, ConnectSaysWhenNothingCanBeDone) {
  stage.alice.scopes = {};
  EXPECT_EQ(code_of(stage.call("account_connect", "{}")), "scope_missing");
  EXPECT_EQ(code_of(stage.call("account_connect", R"({"services":["post"]})")), "invalid_argument");
  ToolStage reading(Mode::readonly);
  EXPECT_EQ(code_of(reading.call("account_connect", R"({"access":"write"})")), "blocked_by_policy");
}

TEST_F(AccountTools, ConnectSendsTheUserToThePageWhereTheClientCan) {
  stage.alice.scopes = {};
  stage.alice.remedy_.consent_url = link;
  const mcp::ToolResult asked = stage.call_asking("account_connect", "{}");
  ASSERT_TRUE(asked.input_required);
  ASSERT_EQ(asked.input_required->requests.size(), 1u);
  EXPECT_EQ(asked.input_required->requests[0].kind, mcp::InputKind::elicitation_url);
  EXPECT_THAT(asked.input_required->requests[0].params, HasSubstr(link));
  const char* accepted = R"({"action":"accept"})";
  EXPECT_EQ(status_of(stage.call_asking("account_connect", "{}", "connect", accepted)), "link");
  EXPECT_EQ(
      code_of(stage.call_asking("account_connect", "{}", "connect", R"({"action":"decline"})")),
      "blocked_by_policy");
  stage.alice.remedy_.allowed_meanwhile = true;
  EXPECT_EQ(status_of(stage.call_asking("account_connect", "{}", "connect", accepted)), "allowed");
}

TEST_F(AccountTools, DisconnectNeedsACode) {
  const mcp::ToolResult asked = stage.call("account_disconnect", "{}");
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_TRUE(ends.asked.empty());
  const std::string code(json_of(asked).find_string("confirm").value_or(""));
  const std::string confirm = R"("confirm":")" + code + "\"}";
  EXPECT_EQ(code_of(stage.call("account_disconnect", R"({"everywhere":true,)" + confirm)),
            "blocked_by_policy")
      << "it is for this session only";
  EXPECT_TRUE(ends.asked.empty());
  const mcp::ToolResult ended = stage.call("account_disconnect", "{" + confirm);
  EXPECT_EQ(status_of(ended), "ended");
  EXPECT_EQ(json_of(ended).find_string("ended"), "this session");
  EXPECT_THAT(ended.text, HasSubstr("come_back: To come back, the user connects"));
  EXPECT_EQ(ends.asked, std::vector<Ending>{Ending::this_session});
  EXPECT_THAT(stage.log.text(), HasSubstr(R"("event":"account disconnect","reason":"ended here")"));
}

TEST_F(AccountTools, DisconnectAsksTheUserWhereTheClientCan) {
  const char* everywhere = R"({"everywhere":true})";
  const mcp::ToolResult asked = stage.call_asking("account_disconnect", everywhere);
  ASSERT_TRUE(asked.input_required);
  EXPECT_THAT(asked.input_required->requests[0].params, HasSubstr("every assistant"));
  const std::string& state = asked.input_required->state;
  EXPECT_EQ(code_of(stage.call_asking("account_disconnect", everywhere, "disconnect",
                                      R"({"action":"decline"})", state)),
            "blocked_by_policy");
  EXPECT_TRUE(ends.asked.empty());
  const char* yes = R"({"action":"accept","content":{"disconnect":true}})";
  EXPECT_TRUE(stage.call_asking("account_disconnect", everywhere, "disconnect", yes).input_required)
      << "a yes to no question of ours";
  const mcp::ToolResult ended =
      stage.call_asking("account_disconnect", everywhere, "disconnect", yes, state);
  EXPECT_EQ(status_of(ended), "ended");
  EXPECT_EQ(ends.asked, std::vector<Ending>{Ending::everywhere});
  EXPECT_THAT(ended.text, HasSubstr("myaccount.google.com")) << "Google was not told";
  ends.answer.is_revoked_at_google = true;
  EXPECT_THAT(stage.call_asking("account_disconnect", everywhere, "disconnect", yes, state).text,
              Not(HasSubstr("myaccount.google.com")));
}

TEST_F(AccountTools, DisconnectSaysWhenItDidNotWork) {
  ends.answer.is_done = false;
  const std::string code(
      json_of(stage.call("account_disconnect", "{}")).find_string("confirm").value_or(""));
  const mcp::ToolResult result = stage.call("account_disconnect", R"({"confirm":")" + code + "\"}");
  EXPECT_EQ(code_of(result), "google_unavailable");
  EXPECT_THAT(result.text, HasSubstr("/account"));
}

}  // namespace
}  // namespace gatehouse::workspace
