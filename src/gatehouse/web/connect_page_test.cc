// SPDX-License-Identifier: Apache-2.0
//
// A session that an identity provider let begin, until it has its person's Google account.
#include "gatehouse/web/connect_page.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using oauth::run;

bool holds(const http::Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

class ConnectTest : public testing::Test {
 protected:
  void SetUp() override {
    vault::GrantTerms terms;
    terms.user = base::UserId("id-jag of ada");
    terms.client = base::ClientId(app);
    terms.scopes = {"workspace.read", "workspace.write"};
    terms.resource = "https://gate.example/mcp";
    terms.signed_in_at = bench.clock.now();
    const std::string email = "Ada@Example.com";
    auto issued = run(bench.grants.create_asserted_grant(terms, email));
    ASSERT_TRUE(issued) << issued.error().detail;
    token = issued->access_token.reveal();
    bench.provider.granted = {"gmail.readonly", "gmail.send"};
    const vault::LiveGrantPtr grant = live();
    auto pickup = run(bench.grants.pickup_of(*grant, token));
    ASSERT_TRUE(pickup);
    Widening widening;
    widening.pickup = std::move(*pickup);
    widening.client = grant->client;
    widening.added = grant->scopes;
    widening.until = grant->expires;
    const auto url = run(bench.site.consent_links().make(widening));
    ASSERT_TRUE(url);
    link = url->substr(std::string("https://gate.example").size());
  }

  vault::LiveGrantPtr live() {
    auto grant = run(bench.grants.authenticate(token));
    EXPECT_TRUE(grant) << grant.error().detail;
    return *grant;
  }
  http::Response decide(const std::string& decision) {
    const std::string form = Browser::form_field(browser.get(link));
    return browser.post("/consent/more", {{"form", form}, {"decision", decision}});
  }
  // What the session's next call finds.
  bool fetched() {
    const auto gained = run(bench.grants.pick_up(*live(), token));
    EXPECT_TRUE(gained) << gained.error().detail;
    return gained && *gained;
  }
  std::string account_page() {
    browser.come_back(browser.get("/login"));
    return browser.get("/account").body;
  }

  SiteBench bench;
  Browser browser{bench};
  const std::string app = bench.register_client();
  std::string token;
  std::string link;
};

TEST_F(ConnectTest, PageSaysWhoAsksForWhatAndForWhichAccount) {
  const http::Response page = browser.get(link);
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(holds(page, "Connect Example to your Google account?")) << page.body;
  EXPECT_TRUE(holds(page, "Search and read your mail"));
  EXPECT_TRUE(holds(page, "Send mail in your name"));
  EXPECT_TRUE(holds(page, "<strong>Ada@Example.com</strong>"));
  EXPECT_TRUE(holds(page, "No other is accepted"));
  EXPECT_TRUE(holds(page, "Until <time datetime=\"2027-01-22T08:00:00Z\">"));
  EXPECT_EQ(oauth::header_of(page, "Cache-Control"), "no-store");
}

TEST_F(ConnectTest, OneSignInGivesTheSessionItsAccount) {
  const http::Response departure = decide("approve");
  EXPECT_EQ(departure.status, 303);
  EXPECT_EQ(bench.provider.last.scopes, (oauth::Scopes{"gmail.readonly", "gmail.send"}));
  EXPECT_EQ(bench.provider.last.login_hint, "Ada@Example.com");
  const http::Response done = browser.come_back(departure);
  EXPECT_EQ(done.status, 200);
  EXPECT_TRUE(holds(done, "Connected")) << done.body;
  EXPECT_TRUE(live()->awaits_account()) << "until its next call";
  EXPECT_TRUE(fetched());
  EXPECT_EQ(live()->user, bench.grants.hashed(base::UserId("sub-1")));
  EXPECT_FALSE(fetched());
}

TEST_F(ConnectTest, IsOnTheAccountPageFromThenOn) {
  EXPECT_NE(account_page().find("Nothing is connected"), std::string::npos);
  browser.come_back(decide("approve"));
  EXPECT_NE(account_page().find("Nothing is connected"), std::string::npos);
  EXPECT_TRUE(fetched());
  const std::string page = account_page();
  EXPECT_NE(page.find("Example"), std::string::npos);
  EXPECT_EQ(page.find("Nothing is connected"), std::string::npos);
}

TEST_F(ConnectTest, RefusesAnotherAccountAndSaysWhich) {
  const http::Response departure = decide("approve");
  bench.provider.email = "mallory@example.com";
  bench.provider.subject = "sub-2";
  const http::Response refused = browser.come_back(departure);
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(holds(refused, "another Google account"));
  EXPECT_TRUE(holds(refused, "Ada@Example.com"));
  EXPECT_FALSE(fetched());
  EXPECT_EQ(bench.count("SESSIONS#"), 0u);
}

TEST_F(ConnectTest, ConnectsNothingThatWasDeclined) {
  const http::Response declined = decide("deny");
  EXPECT_EQ(declined.status, 200);
  EXPECT_TRUE(holds(declined, "Nothing was connected"));
  EXPECT_EQ(bench.provider.trips, 0);
  EXPECT_FALSE(fetched());
}

TEST_F(ConnectTest, ConnectsNothingWhenGoogleGrantedNothing) {
  bench.provider.granted = {};
  const http::Response end = browser.come_back(decide("approve"));
  EXPECT_EQ(end.status, 403);
  EXPECT_TRUE(holds(end, "Google was not allowed to"));
  EXPECT_FALSE(fetched());
}

TEST_F(ConnectTest, AsksGoogleAgainForALastingPermission) {
  bench.provider.gives_refresh_token = false;
  const http::Response again = browser.come_back(decide("approve"));
  EXPECT_EQ(again.status, 302);
  EXPECT_TRUE(bench.provider.last.ask_consent_again);
  EXPECT_EQ(bench.provider.last.login_hint, "Ada@Example.com");
  EXPECT_EQ(browser.come_back(again).status, 200);
  EXPECT_TRUE(fetched());
}

}  // namespace
}  // namespace gatehouse::web
