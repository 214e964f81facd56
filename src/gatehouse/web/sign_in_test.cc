// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/sign_in.h"

#include <gtest/gtest.h>

#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using identity::Refusal;
using oauth::header_of;
using oauth::location_field;

class SignInTest : public testing::Test {
 protected:
  SiteBench bench;
  Browser browser{bench};
  const std::string app = bench.register_client();

  http::Response depart() { return browser.decide(browser.open_consent(app), "approve"); }
};

bool holds(const http::Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

TEST_F(SignInTest, GivesTheClientACodeThatWorks) {  // AUTH-01
  const http::Response back = browser.come_back(depart());

  EXPECT_EQ(back.status, 302);
  EXPECT_TRUE(header_of(back, "Location").starts_with("https://client.example/cb?code=gth_c_"));
  EXPECT_EQ(location_field(back, "state"), "state of " + app);
  EXPECT_EQ(location_field(back, "iss"), "https://gate.example");
  EXPECT_EQ(bench.provider.last_code, "4/x");
  EXPECT_TRUE(bench.provider.verifier_fits);
  EXPECT_TRUE(bench.provider.nonce_fits);
  EXPECT_EQ(bench.count("GRANT#"), 1u);
  EXPECT_EQ(browser.open_trips(), 0u);
  const std::string code = location_field(back, "code").value_or("");
  const http::Response tokens = bench.post("/token", bench.code_form(app, code));
  EXPECT_EQ(tokens.status, 200);
  const auto grant =
      oauth::run(bench.grants.authenticate(oauth::json_field(tokens, "access_token")));
  ASSERT_TRUE(grant);
  EXPECT_EQ((*grant)->client.str(), app);
}

TEST_F(SignInTest, AsksGoogleInTheTraceOfEachRequest) {
  const http::Response departure = depart();
  EXPECT_EQ(bench.provider.asked_in, bench.last_trace);
  const std::string there = bench.last_trace;
  browser.come_back(departure);
  EXPECT_EQ(bench.provider.asked_in, bench.last_trace);
  EXPECT_NE(bench.last_trace, there);
}

TEST_F(SignInTest, PagesOfTroubleNameTheirTrace) {
  const http::Response page = browser.get("/oauth/google/callback?state=none&code=x");
  EXPECT_EQ(page.status, 400);
  EXPECT_TRUE(holds(page, "<code>" + bench.last_trace + "</code>"));
}

// T10: granted is what was asked for, as far as Google granted what it needs.
TEST_F(SignInTest, GivesTheClientWhatGoogleGrantedOfWhatItAskedFor) {  // UP-10
  struct {
    std::string asked;
    std::vector<std::string> at_google;
    oauth::Scopes sent;
    std::string given;
  } cases[] = {
      {"", {"gmail.readonly", "gmail.send"}, {"gmail.readonly"}, "workspace.read"},
      {"workspace.read", {"gmail.readonly", "gmail.send"}, {"gmail.readonly"}, "workspace.read"},
      {"workspace.read workspace.write",
       {"gmail.readonly", "gmail.send"},
       {"gmail.readonly", "gmail.send"},
       "workspace.read workspace.write"},
      {"workspace.read workspace.write",
       {"gmail.readonly"},
       {"gmail.readonly", "gmail.send"},
       "workspace.read"},
      {"workspace.write", {"gmail.readonly", "gmail.send"}, {"gmail.send"}, "workspace.write"},
      {"workspace.read", {"openid"}, {"gmail.readonly"}, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.asked);
    bench.provider.granted = c.at_google;
    const std::string more = c.asked.empty() ? "" : "&" + http::encode_form({{"scope", c.asked}});
    const http::Response departure = browser.decide(browser.open_consent(app, more), "approve");
    EXPECT_EQ(bench.provider.last.scopes, c.sent);
    const http::Response back = browser.come_back(departure);
    const std::string code = location_field(back, "code").value_or("");
    const http::Response tokens = bench.post("/token", bench.code_form(app, code));
    EXPECT_EQ(tokens.status, 200);
    EXPECT_EQ(oauth::json_field(tokens, "scope"), c.given);
  }
}

TEST_F(SignInTest, TakesEachReturnOnce) {  // UP-02, I2
  const http::Response departure = depart();
  const auto jar = browser.jar;
  EXPECT_EQ(browser.come_back(departure).status, 302);
  browser.jar = jar;
  const http::Response again = browser.come_back(departure);
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(bench.count("GRANT#"), 1u);
}

TEST_F(SignInTest, RefusesReturnsItDidNotBegin) {  // UP-02
  const http::Response departure = depart();
  const std::string state = location_field(departure, "state").value_or("");
  for (const std::string& target :
       {std::string("/oauth/google/callback"), std::string("/oauth/google/callback?code=x"),
        "/oauth/google/callback?code=x&state=" + state + "&state=" + state,
        "/oauth/google/callback?code=x&state=" + state.substr(1),
        "/oauth/google/callback?code=x&state=" + std::string(44, 'A'),
        "/oauth/google/callback?code=x&state=" + std::string(5000, 'A'),
        std::string("/oauth/google/callback?state=%zz")}) {
    const http::Response response = browser.get(target);
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_EQ(header_of(response, "Location"), "");
  }
  EXPECT_EQ(browser.come_back(departure).status, 302);
}

TEST_F(SignInTest, RefusesAReturnInAnotherBrowser) {  // T2, T41
  const http::Response departure = depart();
  Browser victim(bench);
  EXPECT_EQ(victim.come_back(departure).status, 400);
  victim.decide(victim.open_consent(app), "approve");  // has a sign-in of its own under way
  EXPECT_EQ(victim.come_back(departure).status, 400);
  EXPECT_EQ(bench.count("GRANT#"), 0u);
  EXPECT_EQ(browser.come_back(departure).status, 302);
}

TEST_F(SignInTest, RefusesAReturnAfterTenMinutes) {
  const http::Response departure = depart();
  bench.clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(browser.come_back(departure).status, 400);
}

TEST_F(SignInTest, RefusesAStateWhoseSecondHalfWasChanged) {
  const http::Response departure = depart();
  std::string state = location_field(departure, "state").value_or("");
  state.replace(22, 22, "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(browser.get("/oauth/google/callback?code=x&state=" + state).status, 400);
  EXPECT_TRUE(location_field(browser.come_back(departure), "code")) << "and nothing is used up";
}

TEST_F(SignInTest, TellsTheClientWhenThePersonDeclines) {  // UP-09
  const http::Response back = browser.come_back(depart(), "&error=access_denied");
  EXPECT_EQ(back.status, 302);
  EXPECT_EQ(location_field(back, "error"), "access_denied");
  EXPECT_EQ(location_field(back, "state"), "state of " + app);
  EXPECT_EQ(location_field(back, "iss"), "https://gate.example");
  EXPECT_EQ(bench.count("TXN#"), 0u);
  EXPECT_TRUE(browser.jar.empty());
}

TEST_F(SignInTest, ShowsOtherErrorsOfGoogleHarmlessly) {  // UP-12
  const http::Response back = browser.come_back(
      depart(), "&error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%3Cb%3E");
  EXPECT_EQ(back.status, 502);
  EXPECT_FALSE(holds(back, "<script"));
  EXPECT_FALSE(holds(back, "alert(1)"));
}

struct RefusalCase {
  std::string name;
  Refusal refusal;
  int status;
  std::string words;
};

TEST_F(SignInTest, ShowsEachRefusalOnAPageOfItsOwnAndKeepsNothing) {  // AUTH-02, UP-06
  const RefusalCase cases[] = {
      {"wrong domain", Refusal::wrong_domain, 403, "Accounts of example.com are accepted."},
      {"no domain", Refusal::no_domain, 403, "personal Google account"},
      {"unverified", Refusal::email_unverified, 403, "has not verified"},
      {"invalid token", Refusal::token_invalid, 403, "could not be verified"},
      {"nonce", Refusal::nonce_mismatch, 403, "could not be verified"},
      {"unreachable", Refusal::provider_unreachable, 503, "cannot be reached"},
      {"refused", Refusal::provider_refused, 502, "could not complete"},
      {"misconfigured", Refusal::client_misconfigured, 500, "administrator"},
  };
  for (const RefusalCase& c : cases) {
    SCOPED_TRACE(c.name);
    bench.provider.refusal = c.refusal;
    const http::Response back = browser.come_back(depart());
    EXPECT_EQ(back.status, c.status);
    EXPECT_TRUE(holds(back, c.words));
    EXPECT_TRUE(holds(back, "Return to Example"));
    EXPECT_TRUE(holds(back, "href=\"https://client.example/cb?error="));
    EXPECT_EQ(bench.count("TXN#") + bench.count("GRANT#"), 0u);
    EXPECT_TRUE(browser.jar.empty());
  }
}

TEST_F(SignInTest, LetsAPersonWhoChoseTheWrongAccountAnswerAgain) {
  const std::string form = browser.open_consent(app);
  const auto jar = browser.jar;
  bench.provider.refusal = Refusal::wrong_domain;
  EXPECT_EQ(browser.come_back(browser.decide(form, "approve")).status, 403);
  bench.provider.refusal.reset();
  browser.jar = jar;
  EXPECT_EQ(browser.come_back(browser.decide(form, "approve")).status, 302);
}

TEST_F(SignInTest, AsksGoogleOnceMoreForARefreshToken) {
  bench.provider.gives_refresh_token = false;
  const http::Response first = depart();
  const http::Response again = browser.come_back(first);
  EXPECT_EQ(again.status, 302);
  EXPECT_TRUE(header_of(again, "Location").starts_with("https://accounts.google.test/"));
  EXPECT_TRUE(bench.provider.last.ask_consent_again);
  EXPECT_EQ(bench.provider.last.login_hint, "sub-1");
  EXPECT_EQ(bench.count("GRANT#"), 0u);

  EXPECT_EQ(browser.come_back(first).status, 400) << "which does not end the second trip";
  const http::Response done = browser.come_back(again);

  EXPECT_TRUE(location_field(done, "code"));
  EXPECT_EQ(bench.provider.trips, 2);
  EXPECT_EQ(bench.count("GRANT#"), 1u);
  EXPECT_EQ(browser.open_trips(), 0u);
}

TEST_F(SignInTest, KeepsTheTripWhenTheStoreIsAwayAtTheReturn) {  // I13
  const http::Response departure = depart();
  bench.store.failing = true;
  const http::Response down = browser.come_back(departure);
  EXPECT_EQ(down.status, 503);
  EXPECT_NE(header_of(down, "Retry-After"), "");
  bench.store.failing = false;
  EXPECT_EQ(browser.come_back(departure).status, 302);
}

TEST_F(SignInTest, LimitsSignInsOfOnePeer) {  // DO-17
  SiteSettings settings = SiteBench::default_settings();
  settings.sign_ins_per_peer_and_hour = 3;
  SiteBench small(settings);
  Browser person(small);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(person.get("/login").status, 302);
  const http::Response refused = person.get("/login");
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(header_of(refused, "Retry-After"), "");
  EXPECT_EQ(small.count("TXN#"), 3u);
}

TEST_F(SignInTest, WritesWhoSignedInButNoSecretAndNoAddress) {  // SC-01
  const http::Response departure = depart();
  const http::Response back = browser.come_back(departure);
  const std::string& log = bench.log.text();
  EXPECT_NE(log.find("signed in"), std::string::npos);
  EXPECT_NE(log.find(app), std::string::npos);
  for (const std::string& secret :
       {location_field(departure, "state").value_or("?"),
        location_field(back, "code").value_or("?"), std::string("ada@"), std::string("ya29"),
        std::string("1//google"), std::string("4/x"), std::string("sub-1")}) {
    EXPECT_EQ(log.find(secret), std::string::npos) << secret;
  }
}

}  // namespace
}  // namespace gatehouse::web
