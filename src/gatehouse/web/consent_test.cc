// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/consent.h"

#include <gtest/gtest.h>

#include "gatehouse/web/consent_page.h"
#include "gatehouse/web/lifetime_words.h"
#include "gatehouse/web/scope_words.h"
#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using oauth::header_of;
using oauth::location_field;

class ConsentTest : public testing::Test {
 protected:
  SiteBench bench;
  Browser browser{bench};
  const std::string app = bench.register_client();
};

bool holds(const http::Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

TEST_F(ConsentTest, AsksBeforeGoogleIsAsked) {  // CO-01, NOEMPTY
  const http::Response page = browser.get(bench.authorize_target(app));

  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(holds(page, "Example"));
  EXPECT_TRUE(holds(page, "client.example"));
  EXPECT_TRUE(holds(page, "unverified"));  // DC-09
  EXPECT_TRUE(holds(page, "Search and read your mail"));
  EXPECT_TRUE(holds(page, "For seven days from now"));
  EXPECT_TRUE(holds(page, "example.com"));
  EXPECT_TRUE(holds(page, "action=\"/consent\""));
  EXPECT_TRUE(holds(page, "name=\"decision\" value=\"approve\""));
  EXPECT_TRUE(holds(page, "name=\"decision\" value=\"deny\""));
  EXPECT_EQ(bench.provider.trips, 0);
  EXPECT_EQ(bench.keys().size(), 1u);  // the client's own
}

TEST_F(ConsentTest, LetsTheFormLeadOnlyOverHttpsAndToTheClient) {
  const http::Response page = browser.get(bench.authorize_target(app));
  const std::string policy = header_of(page, "Content-Security-Policy");
  EXPECT_TRUE(policy.ends_with(
      "form-action 'self' https: https://accounts.google.test https://client.example"));
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);  // CO-04
}

TEST_F(ConsentTest, SetsOneSmallHostCookie) {  // CO-14
  const http::Response page = browser.get(bench.authorize_target(app));
  const std::string cookie = header_of(page, "Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("__Host-gth_form="));
  EXPECT_EQ(cookie.substr(cookie.find(';')),
            "; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
  EXPECT_LT(cookie.size(), 200u);
}

TEST_F(ConsentTest, ApprovalLeadsToGoogle) {  // CO-16, UP-01
  const http::Response departure = browser.decide(browser.open_consent(app), "approve");

  EXPECT_EQ(departure.status, 303);
  EXPECT_TRUE(header_of(departure, "Location").starts_with("https://accounts.google.test/auth?"));
  EXPECT_EQ(bench.count("TXN#"), 1u);
  EXPECT_EQ(browser.jar.count("__Host-gth_form"), 0u);
  EXPECT_EQ(browser.jar.count("__Host-gth_signin"), 1u);
  const identity::AuthorizationUrl& sent = bench.provider.last;
  EXPECT_EQ(sent.code_challenge.size(), 43u);
  EXPECT_EQ(sent.state.size(), 44u);
  EXPECT_EQ(sent.nonce.size(), 22u);
  EXPECT_EQ(sent.scopes, oauth::Scopes{"gmail.readonly"});
  EXPECT_FALSE(sent.ask_consent_again);
}

TEST_F(ConsentTest, DenialGoesBackToTheClientWithoutATrace) {  // CO-08
  const http::Response denied = browser.decide(browser.open_consent(app), "deny");

  EXPECT_EQ(denied.status, 303);
  EXPECT_TRUE(header_of(denied, "Location").starts_with("https://client.example/cb?error="));
  EXPECT_EQ(location_field(denied, "error"), "access_denied");
  EXPECT_EQ(location_field(denied, "state"), "state of " + app);
  EXPECT_EQ(location_field(denied, "iss"), "https://gate.example");
  EXPECT_EQ(bench.provider.trips, 0);
  EXPECT_EQ(bench.keys().size(), 1u);
  EXPECT_TRUE(browser.jar.empty());
}

TEST_F(ConsentTest, TakesAnswersOnlyFromItsOwnPageAndBrowser) {  // CO-03
  const std::string form = browser.open_consent(app);
  Browser other(bench);
  const std::string others_form = other.open_consent(app);

  EXPECT_EQ(browser.decide("", "approve").status, 403);
  EXPECT_EQ(browser.decide("x" + form, "approve").status, 403);
  EXPECT_EQ(browser.decide(others_form, "approve").status, 403);
  Browser bare(bench);
  EXPECT_EQ(bare.decide(form, "approve").status, 403);
  EXPECT_EQ(browser.decide(form, "maybe").status, 400);
  EXPECT_EQ(bench.count("TXN#"), 0u);
  EXPECT_EQ(browser.decide(form, "approve").status, 303);
}

struct CrossSite {
  std::string name;
  std::vector<std::pair<std::string, std::string>> headers;
  int status;
};

TEST_F(ConsentTest, RefusesFormsThatCrossSites) {  // CO-03
  const CrossSite cases[] = {
      {"foreign origin", {{"Origin", "https://evil.example"}}, 403},
      {"hidden origin", {{"Origin", "null"}}, 403},
      {"cross-site", {{"Sec-Fetch-Site", "cross-site"}}, 403},
      {"same site, other origin", {{"Sec-Fetch-Site", "same-site"}}, 403},
      {"two origins",
       {{"Origin", "https://gate.example"}, {"Origin", "https://gate.example"}},
       403},
      {"nothing said", {}, 303},
      {"hidden origin of our own", {{"Origin", "null"}, {"Sec-Fetch-Site", "same-origin"}}, 303},
  };
  for (const CrossSite& c : cases) {
    SCOPED_TRACE(c.name);
    Browser fresh(bench);
    oauth::TestRequest request(http::Method::post, "/consent");
    request.form({{"form", fresh.open_consent(app)}, {"decision", "approve"}});
    for (const auto& [name, value] : c.headers) request.header(name, value);
    EXPECT_EQ(fresh.send(request).status, c.status);
  }
}

TEST_F(ConsentTest, AnswersEachShowingOnce) {  // CO-03, I2
  const std::string form = browser.open_consent(app);
  const auto jar = browser.jar;
  EXPECT_EQ(browser.decide(form, "approve").status, 303);
  browser.jar = jar;  // as if the answer had never arrived
  EXPECT_EQ(browser.decide(form, "approve").status, 403);
  EXPECT_EQ(bench.count("TXN#"), 1u);
}

TEST_F(ConsentTest, AnswersAFinishedShowingNoMore) {
  const std::string form = browser.open_consent(app);
  const auto jar = browser.jar;
  const http::Response departure = browser.decide(form, "approve");
  EXPECT_EQ(browser.come_back(departure).status, 302);
  browser.jar = jar;
  EXPECT_EQ(browser.decide(form, "approve").status, 403);
}

TEST_F(ConsentTest, AnswersForTenMinutes) {
  const std::string form = browser.open_consent(app);
  bench.clock.advance(std::chrono::minutes(10) + std::chrono::seconds(1));
  const http::Response late = browser.decide(form, "approve");
  EXPECT_EQ(late.status, 403);
  EXPECT_TRUE(holds(late, "open for too long"));
}

TEST_F(ConsentTest, AsksForEveryClientEveryTime) {  // CO-02
  const http::Response first = browser.decide(browser.open_consent(app), "approve");
  EXPECT_EQ(browser.come_back(first).status, 302);
  const std::string second = bench.register_client();
  const http::Response page = browser.get(bench.authorize_target(second));
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(Browser::form_field(page), "");
  EXPECT_EQ(browser.get(bench.authorize_target(app)).status, 200);
}

TEST_F(ConsentTest, FinishesParallelTabs) {  // CO-10
  const std::string second = bench.register_client();
  const std::string form_a = browser.open_consent(app);
  const std::string form_b = browser.open_consent(second);
  const http::Response to_google_a = browser.decide(form_a, "approve");
  const http::Response to_google_b = browser.decide(form_b, "approve");
  const http::Response back_b = browser.come_back(to_google_b);
  const http::Response back_a = browser.come_back(to_google_a);
  EXPECT_EQ(location_field(back_a, "state"), "state of " + app);
  EXPECT_EQ(location_field(back_b, "state"), "state of " + second);
  EXPECT_TRUE(location_field(back_a, "code"));
  EXPECT_TRUE(location_field(back_b, "code"));
  EXPECT_EQ(browser.open_trips(), 0u);  // CO-14: cleared after use
}

TEST_F(ConsentTest, StaysSmallHoweverManySignInsAreAbandoned) {  // CO-15
  for (int i = 0; i < 300; ++i) browser.open_consent(app);
  for (int i = 0; i < 300; ++i) browser.decide(browser.open_consent(app), "approve");
  std::size_t size = 0;
  for (const auto& [name, value] : browser.jar) size += name.size() + value.size() + 3;
  EXPECT_LT(size, 200u);
  const http::Response departure = browser.decide(browser.open_consent(app), "approve");
  EXPECT_EQ(browser.come_back(departure).status, 302);
}

TEST_F(ConsentTest, TellsThePersonWhatCannotBeToldTheClient) {  // AZ-01, AZ-02
  const http::Response unknown =
      browser.get(bench.authorize_target("gth_app_AAAAAAAAAAAAAAAAAAAAAA"));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_TRUE(holds(unknown, "This application is not known here"));
  EXPECT_EQ(header_of(unknown, "Location"), "");
  const http::Response elsewhere =
      browser.get("/authorize?client_id=" + app + "&redirect_uri=https%3A%2F%2Fevil.example%2F");
  EXPECT_EQ(elsewhere.status, 400);
  EXPECT_EQ(header_of(elsewhere, "Location"), "");
  EXPECT_TRUE(browser.jar.empty());
}

TEST_F(ConsentTest, TellsProgramsInJson) {
  oauth::TestRequest request(http::Method::get,
                             bench.authorize_target("gth_app_AAAAAAAAAAAAAAAAAAAAAA"));
  request.header("Accept", "application/json");
  const http::Response response = bench.send(request);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(oauth::json_field(response, "error"), "invalid_client");
}

TEST_F(ConsentTest, TellsTheClientWhatItDidWrong) {
  const http::Response response = browser.get(bench.authorize_target(app, "&prompt=none"));
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(location_field(response, "error"), "interaction_required");
  EXPECT_EQ(location_field(response, "iss"), "https://gate.example");
  EXPECT_TRUE(browser.jar.empty());
}

TEST_F(ConsentTest, SaysWhenGoogleOrTheStoreIsAwayAndLetsThePersonTryAgain) {
  const std::string form = browser.open_consent(app);
  bench.provider.unreachable = true;
  const http::Response no_google = browser.decide(form, "approve");
  EXPECT_EQ(no_google.status, 503);
  EXPECT_EQ(bench.count("TXN#"), 0u);
  bench.provider.unreachable = false;
  bench.store.failing = true;
  const http::Response no_store = browser.decide(form, "approve");
  EXPECT_EQ(no_store.status, 503);
  EXPECT_NE(header_of(no_store, "Retry-After"), "");
  bench.store.failing = false;
  EXPECT_EQ(browser.decide(form, "approve").status, 303);
}

Page page_for(const std::string& name, const std::string& redirect) {
  oauth::AuthorizationRequest request;
  request.client_name = name;
  request.redirect_uri = redirect;
  request.scopes = {"workspace.read"};
  return consent_page(SiteBench::default_settings(), request, "SEALED", ExpectedAccount());
}

TEST(ConsentPage, WarnsOfProgramsOnThisComputer) {  // CO-12
  const std::string loopback = page_for("x", "http://127.0.0.1:33418/").body.str();
  EXPECT_NE(loopback.find("class=\"warning\""), std::string::npos);
  EXPECT_NE(loopback.find("127.0.0.1:33418"), std::string::npos);
  const std::string app = page_for("x", "cursor://anysphere.cursor-mcp/oauth/callback").body.str();
  EXPECT_NE(app.find("class=\"warning\""), std::string::npos);
  EXPECT_NE(app.find("cursor://anysphere.cursor-mcp"), std::string::npos);
  const std::string web = page_for("x", "https://claude.ai/cb").body.str();
  EXPECT_EQ(web.find("class=\"warning\""), std::string::npos);
}

TEST(ConsentPage, ShowsWhereAClientPublishesItself) {  // CI-01, T12
  oauth::AuthorizationRequest request;
  request.client = base::ClientId("https://apps.publisher.example/oauth/client.json");
  request.client_name = "App";
  request.redirect_uri = "http://127.0.0.1:33418/";
  const std::string body =
      consent_page(SiteBench::default_settings(), request, "SEALED", ExpectedAccount()).body.str();
  EXPECT_NE(body.find("published at <span class=\"place\">apps.publisher.example</span>"),
            std::string::npos);
  EXPECT_EQ(body.find("It chose this name itself"), std::string::npos);
  EXPECT_NE(body.find("class=\"warning\""), std::string::npos);
}

TEST_F(ConsentTest, SaysThatAClientCannotBeLookedUp) {
  const std::string published = "https://app.example/client.json";
  const http::Response away = browser.get(bench.authorize_target(published));
  EXPECT_EQ(away.status, 503);
  EXPECT_NE(away.body.find("could not be fetched"), std::string::npos);
  bench.documents.set_script(
      [](const http::SeenRequest&) { return http::ScriptedClient::answer(404, ""); });
  const http::Response refused = browser.get(bench.authorize_target(published));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("This application cannot be accepted"), std::string::npos);
}

TEST(ConsentPage, LeadsNowhereButToAnAnswer) {
  SiteBench bench;
  Browser browser(bench);
  const std::string body = browser.get(bench.authorize_target(bench.register_client())).body;
  EXPECT_EQ(body.find("<nav"), std::string::npos);
}

TEST(ConsentPage, CanBeAskedForAnew) {
  SiteBench bench;
  Browser browser(bench);
  const std::string app = bench.register_client();
  const oauth::AuthorizationRequest request = bench.asked_by(app);
  const http::Response again = browser.get(authorize_again(request));
  EXPECT_EQ(again.status, 200);
  EXPECT_NE(Browser::form_field(again), "");
  EXPECT_NE(again.body.find("Example"), std::string::npos);
}

TEST(ConsentPage, ShowsHostileNamesHarmlessly) {  // CO-09, HP-15
  const std::string body =
      page_for(
          "<img src=x onerror=alert(1)>\"\xe2\x80\xae\r\nSet-Cookie: a=b" + std::string(500, 'x'),
          "https://claude.ai/cb")
          .body.str();
  EXPECT_EQ(body.find("<img"), std::string::npos);
  EXPECT_EQ(body.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_EQ(body.find(std::string(100, 'x')), std::string::npos);
  EXPECT_NE(page_for("\xe2\x80\x8b", "https://claude.ai/cb").body.str().find("without a name"),
            std::string::npos);
}

TEST(ConsentPage, ShowsThePlaceThatDecides) {
  EXPECT_EQ(redirect_place("https://claude.ai/api/mcp/auth_callback"), "claude.ai");
  EXPECT_EQ(redirect_place("https://host.example:8443/cb"), "host.example:8443");
  EXPECT_EQ(redirect_place("http://[::1]:9/cb"), "[::1]:9");
  EXPECT_EQ(redirect_place("com.example.app:/cb"), "com.example.app");
  EXPECT_EQ(redirect_place("https://xn--ggle-0nda.com/cb"), "xn--ggle-0nda.com");
}

TEST(LifetimeWords, CountInTheLargestUnit) {
  EXPECT_EQ(lifetime_words(std::chrono::hours(168)), "seven days");
  EXPECT_EQ(lifetime_words(std::chrono::hours(24)), "1 day");
  EXPECT_EQ(lifetime_words(std::chrono::hours(36)), "36 hours");
  EXPECT_EQ(lifetime_words(std::chrono::minutes(90)), "90 minutes");
}

TEST(ScopeWords, SayWhatMayBeDone) {
  const oauth::Scopes google = {"https://www.googleapis.com/auth/gmail.modify", "calendar",
                                "https://www.googleapis.com/auth/unheard.of"};
  const auto reading = scope_words(google, {"workspace.read"});
  const auto writing = scope_words(google, {"workspace.read", "workspace.write"});
  EXPECT_EQ(reading.size(), 4u);
  EXPECT_EQ(writing.size(), 6u);
  EXPECT_NE(reading.back().find("unheard.of"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::web
