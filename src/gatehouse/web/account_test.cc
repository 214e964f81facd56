// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/account.h"

#include <gtest/gtest.h>

#include "gatehouse/web/account_page.h"
#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using oauth::header_of;

class AccountTest : public testing::Test {
 protected:
  SiteBench bench;
  Browser browser{bench};

  http::Response sign_in(Browser& person) { return person.come_back(person.get("/login")); }
};

bool holds(const http::Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

TEST_F(AccountTest, LeavesNoTraceOfVisitors) {  // NOEMPTY
  for (const char* path : {"/", "/account", "/style.css"}) {
    SCOPED_TRACE(path);
    const http::Response response = browser.get(path);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header_of(response, "Set-Cookie"), "");
  }
  EXPECT_TRUE(bench.keys().empty());
  EXPECT_TRUE(holds(browser.get("/account"), "You are not signed in"));
}

TEST_F(AccountTest, BeginsNothingForAPrefetch) {
  oauth::TestRequest request(http::Method::get, "/login");
  request.header("Sec-Purpose", "prefetch;prerender");
  const http::Response response = browser.send(request);
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(bench.keys().empty());
  EXPECT_TRUE(browser.jar.empty());
}

TEST_F(AccountTest, SignsInThroughGoogleForSevenDays) {  // AUTH-04
  const http::Response back = sign_in(browser);
  EXPECT_EQ(back.status, 302);
  EXPECT_EQ(header_of(back, "Location"), "https://gate.example/account");
  EXPECT_EQ(bench.count("BROWSER#"), 1u);
  EXPECT_EQ(bench.count("TXN#"), 0u);
  EXPECT_EQ(browser.jar.size(), 1u);
  EXPECT_TRUE(browser.jar["__Host-gth_browser"].starts_with("gth_b_"));
  EXPECT_TRUE(bench.provider.last.scopes.empty());

  const http::Response page = browser.get("/account");
  EXPECT_TRUE(holds(page, "ada@example.com"));
  EXPECT_TRUE(holds(page, "Ada Lovelace"));
  EXPECT_EQ(header_of(browser.get("/login"), "Location"), "https://gate.example/account");
  bench.clock.advance(std::chrono::hours(7 * 24));
  EXPECT_TRUE(holds(browser.get("/account"), "You are not signed in"));
}

TEST_F(AccountTest, KnowsOnlyItsOwnCookies) {
  sign_in(browser);
  const std::string cookie = browser.jar["__Host-gth_browser"];
  for (const std::string& value :
       {std::string(), std::string("x"), cookie + "A", cookie.substr(0, cookie.size() - 1),
        cookie.substr(0, cookie.size() - 2) + "AA"}) {
    Browser other(bench);
    other.jar["__Host-gth_browser"] = value;
    EXPECT_TRUE(holds(other.get("/account"), "You are not signed in"));
  }
}

TEST_F(AccountTest, ShowsHostileNamesHarmlessly) {
  bench.provider.name = "<script>alert(1)</script>";
  sign_in(browser);
  EXPECT_FALSE(holds(browser.get("/account"), "<script"));
}

TEST_F(AccountTest, HelpsTheConsentPageAndGoogleWithTheAccount) {
  sign_in(browser);
  const std::string app = bench.register_client();
  const http::Response page = browser.get(bench.authorize_target(app));
  EXPECT_TRUE(holds(page, "ada@example.com"));
  browser.decide(Browser::form_field(page), "approve");
  EXPECT_EQ(bench.provider.last.login_hint, "sub-1");
}

TEST_F(AccountTest, SignsOutOfOneBrowser) {
  Browser second(bench);
  sign_in(browser);
  sign_in(second);
  const std::string form = Browser::form_field(browser.get("/account"));
  const http::Response out = browser.post("/logout", {{"form", form}, {"where", "here"}});
  EXPECT_EQ(out.status, 200);
  EXPECT_TRUE(browser.jar.empty());
  EXPECT_EQ(bench.count("BROWSER#"), 1u);
  EXPECT_TRUE(holds(second.get("/account"), "ada@example.com"));
}

TEST_F(AccountTest, SignsOutEverywhereAtOnce) {  // I4
  Browser second(bench);
  sign_in(browser);
  sign_in(second);
  const std::string app = bench.register_client();
  const http::Response tokens = bench.post("/token", bench.code_form(app, bench.code_for(app)));
  const std::string access = oauth::json_field(tokens, "access_token");
  ASSERT_TRUE(oauth::run(bench.grants.authenticate(access)));
  bench.clock.advance(std::chrono::seconds(1));

  const std::string form = Browser::form_field(browser.get("/account"));
  const http::Response out = browser.post("/logout", {{"form", form}, {"where", "everywhere"}});

  EXPECT_EQ(out.status, 200);
  EXPECT_FALSE(oauth::run(bench.grants.authenticate(access)));
  EXPECT_TRUE(holds(second.get("/account"), "You are not signed in"));
  bench.clock.advance(std::chrono::seconds(1));
  sign_in(second);
  EXPECT_TRUE(holds(second.get("/account"), "ada@example.com"));
}

TEST_F(AccountTest, EndsWithWhatGoogleHasEnded) {
  sign_in(browser);
  const base::SystemTime until = bench.clock.now();
  bench.clock.advance(std::chrono::seconds(1));
  Browser second(bench);
  sign_in(second);

  ASSERT_TRUE(oauth::run(bench.grants.end_everything_until(base::UserId("sub-1"), until)));

  EXPECT_TRUE(holds(browser.get("/account"), "You are not signed in"));
  EXPECT_TRUE(holds(second.get("/account"), "ada@example.com"));
}

TEST_F(AccountTest, SignsNobodyOutForOthers) {  // CO-03
  Browser other(bench);
  sign_in(browser);
  sign_in(other);
  const std::string form = Browser::form_field(browser.get("/account"));
  const std::string others = Browser::form_field(other.get("/account"));
  EXPECT_EQ(browser.post("/logout", {{"form", others}, {"where", "everywhere"}}).status, 403);
  EXPECT_EQ(browser.post("/logout", {{"where", "here"}}).status, 403);
  oauth::TestRequest foreign(http::Method::post, "/logout");
  foreign.form({{"form", form}, {"where", "here"}}).header("Origin", "https://evil.example");
  EXPECT_EQ(browser.send(foreign).status, 403);
  EXPECT_EQ(browser.get("/logout").status, 405);
  EXPECT_EQ(bench.count("BROWSER#"), 2u);
}

TEST_F(AccountTest, SaysWhenTheStoreIsAway) {
  sign_in(browser);
  const std::string form = Browser::form_field(browser.get("/account"));
  bench.store.failing = true;
  EXPECT_EQ(browser.get("/account").status, 503);
  EXPECT_EQ(browser.post("/logout", {{"form", form}, {"where", "here"}}).status, 503);
  bench.store.failing = false;
  EXPECT_TRUE(holds(browser.get("/account"), "ada@example.com"));
}

TEST_F(AccountTest, ShowsTheAddressToPaste) {
  const http::Response home = browser.get("/");
  EXPECT_TRUE(holds(home, "https://gate.example/mcp"));
  for (const char* client : {"Claude Code", "Cursor", "VS Code", "ChatGPT", "Gemini CLI"}) {
    EXPECT_TRUE(holds(home, client)) << client;
  }
}

TEST(AccountPage, WritesTimesInFull) {
  EXPECT_EQ(time_words(base::from_epoch_seconds(1'700'000'040)),
            "Tuesday 14 November 2023, 22:14 UTC");
}

TEST(CookiesOnLoopback, DropSecureAndPrefixThereOnly) {
  SiteSettings settings = SiteBench::default_settings();
  settings.public_url = "http://localhost:8080";
  SiteBench bench(settings);
  Browser browser(bench);
  const std::string cookie = header_of(browser.get("/login"), "Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("gth_signin="));
  EXPECT_EQ(cookie.find("Secure"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::web
