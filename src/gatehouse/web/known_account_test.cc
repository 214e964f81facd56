// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/known_account.h"

#include <gtest/gtest.h>

#include "gatehouse/base/encoding.h"
#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using namespace std::chrono_literals;
using oauth::location_field;

constexpr const char* kCookie = "__Host-gth_account";

class KnownAccountTest : public testing::Test {
 protected:
  http::Response connect(Browser& who, const std::string& decision = "approve") {
    return who.come_back(who.decide(who.open_consent(app), decision));
  }
  // What Google is told when this browser begins a sign-in.
  std::string hint_of(Browser& who) {
    who.decide(who.open_consent(bench.register_client()), "approve");
    return bench.provider.last.login_hint;
  }
  bool holds(const http::Response& response, std::string_view text) {
    return response.body.find(text) != std::string::npos;
  }

  SiteBench bench;
  Browser browser{bench};
  const std::string app = bench.register_client();
};

TEST_F(KnownAccountTest, GoogleIsToldTheAccountThatCameBefore) {  // AUTH-04
  EXPECT_EQ(hint_of(browser), "") << "nobody has been here";
  connect(browser);
  bench.clock.advance(7 * 24h);  // the session is over, and no page of ours was signed in to
  EXPECT_EQ(hint_of(browser), "sub-1");
  Browser another(bench);
  EXPECT_EQ(hint_of(another), "");
}

TEST_F(KnownAccountTest, TheCookieIsSmallAndSaysNothing) {  // CO-14
  const http::Response back = connect(browser);
  std::string line;
  for (const http::ResponseField& header : back.headers) {
    const std::string_view value = header.value;
    const bool is_it = header.name == "Set-Cookie" && value.starts_with(kCookie);
    if (is_it) line = value;
  }
  EXPECT_TRUE(line.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure")) << line;
  EXPECT_LT(line.size(), 256u);
  const auto bytes = base::base64url_decode(browser.jar[kCookie]);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->find("sub-1"), std::string::npos);
}

TEST_F(KnownAccountTest, OurOwnSignInKnowsItAsWell) {
  browser.come_back(browser.get("/login"));
  bench.clock.advance(8 * 24h);
  browser.get("/login");
  EXPECT_EQ(bench.provider.last.login_hint, "sub-1");
}

TEST_F(KnownAccountTest, WhoIsSignedInToOurPagesCountsMore) {
  browser.come_back(browser.get("/login"));
  bench.provider.subject = "sub-2";
  connect(browser);
  EXPECT_EQ(hint_of(browser), "sub-1") << "the address that the consent page shows";
}

TEST_F(KnownAccountTest, EndsAfterThirtyDays) {
  connect(browser);
  bench.clock.advance(30 * 24h - 1s);
  EXPECT_EQ(hint_of(browser), "sub-1");
  bench.clock.advance(1s);
  EXPECT_EQ(hint_of(browser), "");
}

TEST_F(KnownAccountTest, WhatWeDidNotSealIsAsGoodAsNothing) {
  connect(browser);
  const std::string sealed = browser.jar[kCookie];
  std::string altered = sealed;
  altered[20] = altered[20] == 'A' ? 'B' : 'A';
  const std::string elsewhere = bench.seals.seal("consent", "", "sub-1", std::chrono::hours(1));
  for (const std::string& value :
       {std::string("sub-1"), std::string(), altered, sealed + "A", elsewhere,
        std::string(7000, 'A'), browser.jar[kCookie].substr(1)}) {
    SCOPED_TRACE(value.substr(0, 40));
    browser.jar[kCookie] = value;
    const http::Response page = browser.get(bench.authorize_target(app));
    EXPECT_EQ(page.status, 200);
    EXPECT_FALSE(holds(page, "Allow with another account"));
    const http::Response departure = browser.decide(Browser::form_field(page), "approve");
    EXPECT_EQ(bench.provider.last.login_hint, "");
    EXPECT_TRUE(location_field(browser.come_back(departure), "code"));
  }
}

TEST_F(KnownAccountTest, ItIsAHintAndAnotherMayCome) {
  connect(browser);
  bench.provider.subject = "sub-2";
  EXPECT_TRUE(location_field(connect(browser), "code"));
  EXPECT_EQ(hint_of(browser), "sub-2") << "who came last";
}

TEST_F(KnownAccountTest, ThePersonMayAskForAnotherAccount) {
  EXPECT_FALSE(holds(browser.get(bench.authorize_target(app)), "Allow with another account"));
  connect(browser);
  const http::Response page = browser.get(bench.authorize_target(app));
  EXPECT_TRUE(holds(page, "The one that signed in last in this browser"));
  EXPECT_TRUE(holds(page, "name=\"decision\" value=\"another\""));
  EXPECT_FALSE(holds(page, "sub-1"));
  const http::Response departure = browser.decide(Browser::form_field(page), "another");
  EXPECT_EQ(departure.status, 303);
  EXPECT_EQ(bench.provider.last.login_hint, "");
  EXPECT_TRUE(bench.provider.last.choose_account);
  bench.provider.subject = "sub-2";
  EXPECT_TRUE(location_field(browser.come_back(departure), "code"));
}

TEST_F(KnownAccountTest, WhoIsRefusedIsNotRemembered) {
  bench.provider.refusal = identity::Refusal::wrong_domain;
  EXPECT_EQ(connect(browser).status, 403);
  EXPECT_TRUE(browser.jar.empty());
}

TEST_F(KnownAccountTest, SigningOutForgetsIt) {
  for (const char* where : {"here", "everywhere"}) {
    SCOPED_TRACE(where);
    browser.come_back(browser.get("/login"));
    EXPECT_EQ(browser.jar.count(kCookie), 1u);
    const std::string form = Browser::form_field(browser.get("/account"));
    EXPECT_EQ(browser.post("/logout", {{"form", form}, {"where", where}}).status, 200);
    EXPECT_TRUE(browser.jar.empty());
    bench.clock.advance(1s);
  }
}

TEST_F(KnownAccountTest, SigningOutOfASessionThatIsOverForgetsItToo) {
  browser.come_back(browser.get("/login"));
  const std::string form = Browser::form_field(browser.get("/account"));
  bench.clock.advance(7 * 24h);
  EXPECT_EQ(browser.post("/logout", {{"form", form}, {"where", "here"}}).status, 200);
  EXPECT_EQ(browser.jar.count(kCookie), 0u);
}

TEST_F(KnownAccountTest, AnotherSiteCannotMakeUsForgetIt) {
  browser.come_back(browser.get("/login"));
  oauth::TestRequest request(http::Method::post, "/logout");
  request.form({}).header("Origin", "https://evil.example");
  browser.send(request);
  EXPECT_EQ(browser.jar.count(kCookie), 1u);
}

}  // namespace
}  // namespace gatehouse::web
