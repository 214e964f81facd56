// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/scope_judge.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "gatehouse/base/json.h"
#include "gatehouse/web/site_bench.h"

namespace gatehouse::gateway {
namespace {

using oauth::header_of;
using oauth::run;
using namespace std::chrono_literals;

const std::string kWriting = "workspace.write";

class ScopeJudgeTest : public testing::Test {
 protected:
  ScopeJudgeTest() { sign_in({"workspace.read"}); }

  // A new session of the same person and client.
  void sign_in(const oauth::Scopes& asked) {
    const std::string code = bench.code_for(app, asked, {"workspace.read"});
    remember(bench.post("/token", bench.code_form(app, code)));
  }
  void refresh() {
    remember(bench.post(
        "/token",
        {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}, {"client_id", app}}));
  }
  void remember(const http::Response& issued) {
    token = oauth::json_field(issued, "access_token");
    refresh_token = oauth::json_field(issued, "refresh_token");
  }

  mcp::ScopeVerdict judged(bool can_challenge) {
    auto grant = run(bench.grants.authenticate(token));
    EXPECT_TRUE(grant);
    auto load = limit.admit(1);
    const auto caller =
        std::make_shared<CallerAccount>(std::move(*grant), base::Secret::copy_of(token), tokens,
                                        judge, std::move(*load), telemetry::RequestTrace::none());
    mcp::MissingScope missing{kWriting, "gmail_send", can_challenge};
    return run(judge.judge(caller, missing));
  }
  bool is_challenged() {
    const mcp::ScopeVerdict verdict = judged(true);
    EXPECT_NE(verdict.challenge.has_value(), !verdict.explanation.text.empty());
    return verdict.challenge.has_value();
  }
  static std::string member(const mcp::ToolResult& result, std::string_view name) {
    const auto document = base::JsonDocument::parse(result.structured);
    EXPECT_TRUE(document);
    return std::string(document->root().find_string(name).value_or(""));
  }
  // The person follows a link and allows it.
  void allow(const std::string& link) {
    bench.provider.granted = {"gmail.readonly", "gmail.send"};
    const std::string form =
        web::Browser::form_field(browser.get(link.substr(link.find("/consent"))));
    const http::Response departure =
        browser.post("/consent/more", {{"form", form}, {"decision", "approve"}});
    EXPECT_EQ(browser.come_back(departure).status, 200);
  }

  web::SiteBench bench;
  web::Browser browser{bench};
  boost::asio::io_context loop;
  UpstreamTokens tokens{loop,        bench.grants, bench.provider, UpstreamTokensOptions(),
                        bench.clock, bench.random, bench.log};
  LoadLimit limit{{}};
  ScopeJudge judge{bench.server.guard(), bench.grants, bench.site.consent_links(), bench.clock,
                   bench.log};
  const std::string app = bench.register_client();
  std::string token;
  std::string refresh_token;
};

TEST_F(ScopeJudgeTest, ChallengesWithWhatTheCallNeedsAndNothingElse) {  // MD-08, A-010
  const mcp::ScopeVerdict verdict = judged(true);
  ASSERT_TRUE(verdict.challenge);
  EXPECT_EQ(verdict.challenge->status, 403);
  EXPECT_EQ(header_of(*verdict.challenge, "WWW-Authenticate"),
            "Bearer error=\"insufficient_scope\", error_description=\"This operation needs a scope "
            "that was not granted\", resource_metadata=\"https://gate.example/.well-known/"
            "oauth-protected-resource/mcp\", scope=\"workspace.write\"");
  EXPECT_FALSE(verdict.caller);
}

TEST_F(ScopeJudgeTest, ExplainsWithALinkWhereNoStatusCanSayIt) {
  const mcp::ScopeVerdict verdict = judged(false);
  EXPECT_FALSE(verdict.challenge);
  EXPECT_EQ(member(verdict.explanation, "code"), "scope_missing");
  const std::string link = member(verdict.explanation, "consent_url");
  EXPECT_TRUE(link.starts_with("https://gate.example/consent?more="));
  EXPECT_LT(link.size(), 90u) << "a model has to copy it";
  EXPECT_NE(verdict.explanation.text.find(link), std::string::npos);
  EXPECT_NE(verdict.explanation.text.find("\nfix: "), std::string::npos);
}

TEST_F(ScopeJudgeTest, LetsTheCallGoOnOnceThePersonHasAllowedIt) {
  allow(member(judged(false).explanation, "consent_url"));
  const mcp::ScopeVerdict verdict = judged(true);
  ASSERT_TRUE(verdict.caller);
  EXPECT_EQ(verdict.caller->scopes, (oauth::Scopes{"workspace.read", kWriting}));
  EXPECT_FALSE(verdict.challenge);
  const auto& account = dynamic_cast<const CallerAccount&>(*verdict.caller);
  const auto opened = run(bench.grants.open_upstream(account.grant(), token));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->scopes, (oauth::Scopes{"gmail.readonly", "gmail.send"}));
}

TEST_F(ScopeJudgeTest, GainsNothingFromAnotherSession) {
  allow(member(judged(false).explanation, "consent_url"));
  sign_in({"workspace.read"});
  EXPECT_FALSE(judged(false).caller);
}

// SDK 1.32 answers a challenge by refreshing, which never brings a scope.
TEST_F(ScopeJudgeTest, ExplainsToAClientThatOnlyRefreshed) {
  EXPECT_TRUE(is_challenged());
  refresh();
  EXPECT_FALSE(is_challenged());
  bench.clock.advance(31s);
  EXPECT_TRUE(is_challenged()) << "later it may be another call";
}

TEST_F(ScopeJudgeTest, ExplainsWhatGoogleWasNotAllowed) {  // RS-11, UP-10
  sign_in({"workspace.read", kWriting});
  const mcp::ScopeVerdict verdict = judged(true);
  EXPECT_FALSE(verdict.challenge);
  EXPECT_NE(verdict.explanation.text.find("was not given at Google"), std::string::npos);
  EXPECT_NE(member(verdict.explanation, "consent_url"), "");
}

TEST_F(ScopeJudgeTest, DoesNotSendAClientRoundInCircles) {
  EXPECT_TRUE(is_challenged());
  sign_in({"workspace.read"});
  EXPECT_FALSE(is_challenged()) << "it has authorized anew, and not for this";
}

TEST_F(ScopeJudgeTest, StillExplainsWhenNoLinkCanBeMade) {
  auto grant = run(bench.grants.authenticate(token));
  bench.store.failing = true;
  auto load = limit.admit(1);
  const auto caller =
      std::make_shared<CallerAccount>(std::move(*grant), base::Secret::copy_of(token), tokens,
                                      judge, std::move(*load), telemetry::RequestTrace::none());
  mcp::MissingScope missing{kWriting, "gmail_send", false};
  const mcp::ScopeVerdict verdict = run(judge.judge(caller, missing));
  EXPECT_EQ(member(verdict.explanation, "code"), "scope_missing");
  EXPECT_EQ(member(verdict.explanation, "consent_url"), "");
  EXPECT_NE(member(verdict.explanation, "fix"), "");
}

// The token has the scope, and Google says no all the same.
TEST_F(ScopeJudgeTest, HasARemedyForWhatGoogleWasNotAllowed) {  // RS-11
  const auto remedy = [this] {
    auto grant = run(bench.grants.authenticate(token));
    auto load = limit.admit(1);
    const CallerAccount account(std::move(*grant), base::Secret::copy_of(token), tokens, judge,
                                std::move(*load), telemetry::RequestTrace::none());
    return run(account.remedy("workspace.read"));
  };
  const workspace::Remedy first = remedy();
  EXPECT_FALSE(first.allowed_meanwhile);
  allow(first.consent_url);
  const workspace::Remedy second = remedy();
  EXPECT_TRUE(second.allowed_meanwhile);
  EXPECT_EQ(second.consent_url, "");
  EXPECT_FALSE(remedy().allowed_meanwhile);
}

// A session that an identity provider let begin, for these scopes.
class AssertedSessionTest : public ScopeJudgeTest {
 protected:
  void begin(const oauth::Scopes& scopes) {
    vault::GrantTerms terms;
    terms.user = base::UserId("id-jag of ada");
    terms.client = base::ClientId(app);
    terms.scopes = scopes;
    terms.resource = "https://gate.example/mcp";
    terms.signed_in_at = bench.clock.now();
    const std::string email = "ada@example.com";
    auto issued = run(bench.grants.create_asserted_grant(terms, email));
    ASSERT_TRUE(issued);
    token = issued->access_token.reveal();
    refresh_token = issued->refresh_token.reveal();
  }
  std::shared_ptr<CallerAccount> caller() {
    auto grant = run(bench.grants.authenticate(token));
    EXPECT_TRUE(grant);
    auto load = limit.admit(1);
    return std::make_shared<CallerAccount>(std::move(*grant), base::Secret::copy_of(token), tokens,
                                           judge, std::move(*load),
                                           telemetry::RequestTrace::none());
  }
};

TEST_F(AssertedSessionTest, MayDoNothingAndIsNeverSentToAuthorizeAnew) {
  begin({"workspace.read", kWriting});
  EXPECT_TRUE(caller()->scopes.empty());
  const mcp::ScopeVerdict verdict = judged(true);
  EXPECT_FALSE(verdict.challenge);
  EXPECT_EQ(member(verdict.explanation, "code"), "scope_missing");
  EXPECT_NE(member(verdict.explanation, "message").find("sign in at Google once"),
            std::string::npos);
  EXPECT_NE(member(verdict.explanation, "consent_url"), "");
}

TEST_F(AssertedSessionTest, GetsAllThatWasAllowedByOneConsent) {
  begin({"workspace.read", kWriting});
  const std::string principal = caller()->principal;
  allow(member(judged(true).explanation, "consent_url"));
  EXPECT_EQ(bench.provider.last.scopes, (oauth::Scopes{"gmail.readonly", "gmail.send"}));
  const mcp::ScopeVerdict verdict = judged(true);
  ASSERT_TRUE(verdict.caller);
  EXPECT_EQ(verdict.caller->scopes, (oauth::Scopes{"workspace.read", kWriting}));
  EXPECT_EQ(verdict.caller->principal, principal) << "its sessions and cursors go on";
  EXPECT_EQ(caller()->principal, principal);
}

TEST_F(AssertedSessionTest, TellsWhoItIsOnlyOnceThatIsKnown) {
  begin({"workspace.read"});
  const auto unknown = run(caller()->profile());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, google::ApiFault::scope_missing);
  const workspace::Remedy remedy = run(caller()->remedy(""));
  EXPECT_FALSE(remedy.allowed_meanwhile);
  allow(remedy.consent_url);
  auto grant = run(bench.grants.authenticate(token));
  EXPECT_TRUE(run(judge.fetch(**grant, token, telemetry::RequestTrace::none())));
  EXPECT_FALSE(caller()->grant().awaits_account());
}

TEST_F(AssertedSessionTest, IsChallengedForWhatTheProviderLeftOut) {
  begin({"workspace.read"});
  EXPECT_TRUE(is_challenged()) << "another assertion may have it";
  refresh();
  const mcp::ScopeVerdict verdict = judged(true);
  EXPECT_FALSE(verdict.challenge);
  EXPECT_NE(member(verdict.explanation, "message").find("identity provider did not give"),
            std::string::npos);
  EXPECT_EQ(member(verdict.explanation, "consent_url"), "") << "it is not the person's to give";
}

TEST_F(AssertedSessionTest, CanBeAllowedLaterWhatGoogleDidNotServe) {
  begin({"workspace.read", kWriting});
  const std::string link = member(judged(true).explanation, "consent_url");
  const std::string form =
      web::Browser::form_field(browser.get(link.substr(link.find("/consent"))));
  const http::Response departure =
      browser.post("/consent/more", {{"form", form}, {"decision", "approve"}});
  EXPECT_EQ(browser.come_back(departure).status, 200);  // Google grants reading only
  const mcp::ScopeVerdict verdict = judged(true);
  EXPECT_FALSE(verdict.caller);
  EXPECT_FALSE(verdict.challenge);
  EXPECT_NE(member(verdict.explanation, "message").find("was not given at Google"),
            std::string::npos);
  allow(member(verdict.explanation, "consent_url"));
  EXPECT_TRUE(judged(true).caller);
}

TEST_F(ScopeJudgeTest, TellsTheLogWhatBecameOfIt) {  // I14
  judged(true);
  judged(false);
  EXPECT_NE(bench.log.text().find("\"reason\":\"challenged\""), std::string::npos);
  EXPECT_NE(bench.log.text().find("\"reason\":\"explained\""), std::string::npos);
  EXPECT_EQ(bench.log.text().find("consent?more"), std::string::npos);
}

TEST(ChallengesGiven, AreBounded) {
  base::FixedClock clock(base::from_epoch_seconds(1'800'000'000));
  ChallengesGiven::Limits limits;
  limits.entries_max = 2;
  ChallengesGiven challenges(limits, clock);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(challenges.admits("ada|app", "write", "g1"));
  EXPECT_FALSE(challenges.admits("ada|app", "write", "g1")) << "three with one grant";
  EXPECT_TRUE(challenges.admits("ada|app", "other", "g1"));
  EXPECT_TRUE(challenges.admits("bob|app", "write", "g2"));  // pushes ada's first out
  EXPECT_TRUE(challenges.admits("ada|app", "write", "g3"));
  EXPECT_FALSE(challenges.admits("ada|app", "write", "g4"));
  clock.advance(10min);
  EXPECT_TRUE(challenges.admits("ada|app", "write", "g4"));
}

}  // namespace
}  // namespace gatehouse::gateway
