// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/more_access.h"

#include <gtest/gtest.h>

#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using oauth::header_of;
using oauth::location_field;
using oauth::run;

bool holds(const http::Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

class MoreAccessTest : public testing::Test {
 protected:
  // A session that reads, and a link that asks its person for writing.
  void SetUp() override {
    const http::Response back =
        browser.come_back(browser.decide(browser.open_consent(app), "approve"));
    const std::string code = location_field(back, "code").value_or("");
    const http::Response tokens = bench.post("/token", bench.code_form(app, code));
    token = oauth::json_field(tokens, "access_token");
    link = make_link();
    bench.provider.granted = {"gmail.readonly", "gmail.send"};
  }

  vault::LiveGrantPtr live() {
    auto grant = run(bench.grants.authenticate(token));
    EXPECT_TRUE(grant);
    return *grant;
  }
  std::string make_link() {
    const vault::LiveGrantPtr grant = live();
    auto pickup = run(bench.grants.pickup_of(*grant, token));
    EXPECT_TRUE(pickup);
    Widening widening;
    widening.pickup = std::move(*pickup);
    widening.client = grant->client;
    widening.held = grant->scopes;
    widening.added = {"workspace.write"};
    widening.until = grant->expires;
    const auto url = run(bench.site.consent_links().make(widening));
    EXPECT_TRUE(url);
    return url->substr(std::string("https://gate.example").size());
  }
  http::Response decide(Browser& who, const std::string& decision) {
    const std::string form = Browser::form_field(who.get(link));
    return who.post("/consent/more", {{"form", form}, {"decision", decision}});
  }
  // What the session's next call finds.
  bool fetched() {
    const auto gained = run(bench.grants.pick_up(*live(), token));
    EXPECT_TRUE(gained) << gained.error().detail;
    return gained && *gained;
  }

  SiteBench bench;
  Browser browser{bench};
  const std::string app = bench.register_client();
  std::string token;
  std::string link;
};

TEST_F(MoreAccessTest, PageSaysWhoAsksForWhatAndUntilWhen) {
  const http::Response page = browser.get(link);
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(holds(page, "Example"));
  EXPECT_TRUE(holds(page, "Send mail in your name"));
  EXPECT_FALSE(holds(page, "Search and read your mail")) << "that it may do already";
  EXPECT_TRUE(holds(page, "Until <time datetime=\"2027-01-22T08:00:00Z\">")) << page.body;
  EXPECT_TRUE(holds(page, "no other is accepted"));
  EXPECT_FALSE(holds(page, "ada@example.com")) << "who follows a link is not told whose it is";
  EXPECT_EQ(header_of(page, "Cache-Control"), "no-store");
  EXPECT_TRUE(header_of(page, "Set-Cookie").starts_with("__Host-gth_form="));
}

TEST_F(MoreAccessTest, TellsTheSessionsOwnPersonWhoTheyAre) {
  browser.come_back(browser.get("/login"));
  EXPECT_TRUE(holds(browser.get(link), "ada@example.com"));
}

TEST_F(MoreAccessTest, OneConsentLeavesWhatTheNextCallFetches) {
  const http::Response departure = decide(browser, "approve");
  EXPECT_EQ(departure.status, 303);
  const identity::AuthorizationUrl& asked = bench.provider.last;
  EXPECT_EQ(asked.scopes, (oauth::Scopes{"gmail.readonly", "gmail.send"}));
  EXPECT_EQ(asked.login_hint, "sub-1");
  EXPECT_FALSE(fetched());

  const http::Response done = browser.come_back(departure);
  EXPECT_EQ(done.status, 200);
  EXPECT_TRUE(holds(done, "Go back to it"));
  EXPECT_EQ(header_of(done, "Location"), "") << "no client waits for this";
  EXPECT_EQ(browser.open_trips(), 0u);
  EXPECT_EQ(live()->scopes, oauth::Scopes{"workspace.read"});
  EXPECT_TRUE(fetched());
  EXPECT_EQ(live()->scopes, (oauth::Scopes{"workspace.read", "workspace.write"}));
  EXPECT_EQ(bench.count("GRANT#"), 1u);
  EXPECT_EQ(browser.come_back(departure).status, 400) << "I2";
}

TEST_F(MoreAccessTest, FollowingTheLinkAloneChangesNothing) {
  const std::size_t before = bench.keys().size();
  browser.get(link);
  EXPECT_EQ(bench.keys().size(), before);
  EXPECT_FALSE(fetched());
}

TEST_F(MoreAccessTest, ANoChangesNothing) {
  const http::Response denied = decide(browser, "deny");
  EXPECT_EQ(denied.status, 200);
  EXPECT_TRUE(holds(denied, "Nothing was changed"));
  EXPECT_EQ(bench.provider.trips, 1) << "that of the sign-in";
  EXPECT_FALSE(fetched());
}

TEST_F(MoreAccessTest, OnlyTheSessionsOwnPersonCanAllow) {  // T1, T2
  Browser victim(bench);
  const http::Response departure = decide(victim, "approve");
  bench.provider.subject = "sub-2";
  const http::Response refused = victim.come_back(departure);
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(holds(refused, "another Google account"));
  EXPECT_FALSE(fetched());
}

TEST_F(MoreAccessTest, DoesNotSendAnotherPersonToGoogleTwice) {
  const http::Response departure = decide(browser, "approve");
  bench.provider.subject = "sub-2";
  bench.provider.gives_refresh_token = false;
  EXPECT_EQ(browser.come_back(departure).status, 403);
}

TEST_F(MoreAccessTest, GoesToGoogleAgainForARefreshToken) {
  const http::Response departure = decide(browser, "approve");
  bench.provider.gives_refresh_token = false;
  const http::Response again = browser.come_back(departure);
  EXPECT_EQ(again.status, 302);
  EXPECT_TRUE(bench.provider.last.ask_consent_again);
  EXPECT_EQ(bench.provider.last.login_hint, "sub-1");
  EXPECT_EQ(browser.come_back(again).status, 200);
  EXPECT_TRUE(fetched());
}

TEST_F(MoreAccessTest, WhatGoogleWasNotAllowedIsNotAllowed) {  // UP-10
  const http::Response departure = decide(browser, "approve");
  bench.provider.granted = {"gmail.readonly"};
  const http::Response refused = browser.come_back(departure);
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(holds(refused, "open the same link again"));
  EXPECT_FALSE(fetched());
  bench.provider.granted = {"gmail.readonly", "gmail.send"};
  EXPECT_EQ(browser.come_back(decide(browser, "approve")).status, 200);
  EXPECT_TRUE(fetched());
}

TEST_F(MoreAccessTest, ComesBackOnlyToTheBrowserThatAnswered) {  // T2
  const http::Response departure = decide(browser, "approve");
  Browser other(bench);
  EXPECT_EQ(other.come_back(departure).status, 400);
  EXPECT_FALSE(fetched());
  EXPECT_EQ(browser.come_back(departure).status, 200);
}

TEST_F(MoreAccessTest, TakesAnswersOnlyFromItsOwnPageAndBrowser) {  // T4
  const std::string form = Browser::form_field(browser.get(link));
  Browser other(bench);
  const std::string others = Browser::form_field(other.get(link));
  const auto send = [&](const std::string& value, const std::string& decision) {
    return browser.post("/consent/more", {{"form", value}, {"decision", decision}}).status;
  };
  EXPECT_EQ(send(others, "approve"), 403);
  EXPECT_EQ(send("", "approve"), 403);
  EXPECT_EQ(send(form, "maybe"), 400);
  EXPECT_EQ(send(browser.open_consent(app), "approve"), 403) << "of the other consent";
  oauth::TestRequest crossing(http::Method::post, "/consent/more");
  crossing.form({{"form", form}, {"decision", "approve"}}).header("Origin", "https://evil.example");
  EXPECT_EQ(browser.send(crossing).status, 403);
  EXPECT_EQ(browser.decide(form, "approve").status, 403) << "nor is it a form of the other";
  EXPECT_EQ(send(form, "approve"), 303);
}

TEST_F(MoreAccessTest, LinksAreGoodForTenMinutesAndWholeOnly) {
  std::string other = link;
  other.back() = other.back() == 'A' ? 'Q' : 'A';
  for (const std::string& bad :
       {std::string("/consent"), std::string("/consent?more="), std::string("/consent?more=x"),
        other, link.substr(0, link.size() - 1), link + "A", link + "&more=x",
        "/consent?more=" + std::string(44, 'A'), "/consent?more=" + std::string(5000, 'A')}) {
    EXPECT_EQ(browser.get(bad).status, 404) << bad;
  }
  bench.clock.advance(std::chrono::seconds(599));
  const std::string form = Browser::form_field(browser.get(link));
  EXPECT_FALSE(form.empty());
  bench.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(browser.get(link).status, 404);
  EXPECT_EQ(browser.post("/consent/more", {{"form", form}, {"decision", "approve"}}).status, 404);
}

TEST_F(MoreAccessTest, ShowsNamesAsTextOnly) {  // T4
  const std::string name = "<script>alert(1)</script>\u202e";
  Widening widening;
  widening.added = {"workspace.write"};
  widening.until = bench.clock.now();
  const Page page = more_access_page(bench.default_settings(), widening, name, "<b>", "form");
  EXPECT_EQ(page.body.str().find("<script>"), std::string::npos);
  EXPECT_EQ(page.body.str().find("<b>"), std::string::npos);
  EXPECT_EQ(page.body.str().find("\u202e"), std::string::npos);
}

TEST_F(MoreAccessTest, LeavesNothingReadableBehind) {  // I8
  const http::Response departure = decide(browser, "approve");
  browser.come_back(departure);
  const std::string ticket = link.substr(link.find('=') + 1);
  EXPECT_EQ(bench.log.text().find(ticket), std::string::npos);
  EXPECT_EQ(bench.log.text().find(ticket.substr(22)), std::string::npos);
  const std::string location = header_of(departure, "Location");
  EXPECT_EQ(location.find(ticket.substr(0, 22)), std::string::npos);
}

TEST(Widening, ComesBackAsItWas) {
  Widening widening;
  widening.pickup.record_key = "TXN#AAAAAAAAAAAAAAAAAAAAAA";
  widening.pickup.secret = base::Secret::copy_of(std::string(43, 's'));
  widening.pickup.subject = base::UserId("sub-1");
  widening.client = base::ClientId("app");
  widening.held = {"workspace.read"};
  widening.added = {"workspace.write"};
  widening.until = base::from_epoch_seconds(1'800'604'800);
  const base::Secret text = encode(widening);
  const auto read = decode_widening(text.reveal());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->pickup.record_key, widening.pickup.record_key);
  EXPECT_EQ(read->pickup.secret.reveal(), widening.pickup.secret.reveal());
  EXPECT_EQ(read->pickup.subject, widening.pickup.subject);
  EXPECT_EQ(read->client, widening.client);
  EXPECT_EQ(scopes_of(*read), (oauth::Scopes{"workspace.read", "workspace.write"}));
  EXPECT_EQ(read->until, widening.until);
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(decode_widening(text.reveal().substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace gatehouse::web
