// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/account.h"

#include <gtest/gtest.h>

#include "gatehouse/web/account_page.h"
#include "gatehouse/web/site_bench.h"
#include "gatehouse/web/time_words.h"

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
  EXPECT_EQ(browser.open_trips(), 0u);
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

// A sign-in of a client as this browser's person; gives its tokens.
http::Response connect(SiteBench& bench, Browser& browser, const std::string& app) {
  const http::Response departure = browser.decide(browser.open_consent(app), "approve");
  const http::Response back = browser.come_back(departure);
  const std::string code = oauth::location_field(back, "code").value_or("");
  return bench.post("/token", bench.code_form(app, code));
}

// The value of the nth button of that name.
std::string button(const http::Response& page, const std::string& name, std::size_t nth = 0) {
  const std::string marker = "name=\"" + name + "\" value=\"";
  std::size_t at = page.body.find(marker);
  for (; nth > 0 && at != std::string::npos; --nth) at = page.body.find(marker, at + 1);
  if (at == std::string::npos) return {};
  const std::size_t value = at + marker.size();
  return page.body.substr(value, page.body.find('"', value) - value);
}

TEST_F(AccountTest, ShowsWhatIsConnected) {
  sign_in(browser);
  EXPECT_TRUE(holds(browser.get("/account"), "Nothing is connected"));
  connect(bench, browser, bench.register_client());

  const http::Response page = browser.get("/account");

  EXPECT_TRUE(holds(page, "<h3>Example <span class=\"quiet\">client.example</span></h3>"));
  EXPECT_TRUE(holds(page, "Last renewed its access <time datetime=\"2027-01-15T08:00:00Z\">"));
  EXPECT_TRUE(holds(page, "Until <time datetime=\"2027-01-22T08:00:00Z\">"));
  EXPECT_NE(button(page, "session"), "");
  EXPECT_EQ(button(page, "client"), "");
}

TEST_F(AccountTest, ShowsInWhichBrowserASessionBegan) {
  sign_in(browser);
  const std::string app = bench.register_client();
  const http::Response departure = browser.decide(browser.open_consent(app), "approve");
  const std::string state = oauth::location_field(departure, "state").value_or("");
  oauth::TestRequest back(http::Method::get, "/oauth/google/callback?code=x&state=" + state);
  back.header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) <b> Firefox/140.0");
  const http::Response done = browser.send(back);
  const std::string code = oauth::location_field(done, "code").value_or("");
  bench.post("/token", bench.code_form(app, code));
  EXPECT_TRUE(holds(browser.get("/account"), "in Firefox on Linux</p>"));
}

TEST_F(AccountTest, CountsWhatWasDoneWithoutAWordOfIt) {
  sign_in(browser);
  connect(bench, browser, bench.register_client());
  SessionActivity activity;
  activity.last = bench.clock.now();
  ToolUse search;
  search.name = "gmail_search";
  search.calls = 11;
  ToolUse send;
  send.name = "gmail_send";
  send.changes = true;
  send.calls = 1;
  activity.tools = {search, send};
  bench.activity.seen = activity;

  const http::Response page = browser.get("/account");

  EXPECT_TRUE(holds(page, "Last used <time"));
  EXPECT_TRUE(holds(page, "11 calls that read, 1 that changes something"));
  EXPECT_TRUE(holds(page, "(gmail_search 11, gmail_send 1)"));
  EXPECT_TRUE(holds(page, "since this server started, <time datetime=\"2027-01-15T05:13:20Z\">"));
}

TEST_F(AccountTest, NamesWhatWasLeftOutAtGoogle) {
  SiteSettings settings = SiteBench::default_settings();
  settings.google_scopes = [](const oauth::Scopes&) {
    return oauth::Scopes{"https://www.googleapis.com/auth/gmail.readonly", "calendar.readonly"};
  };
  SiteBench two(settings);
  Browser person(two);
  sign_in(person);
  connect(two, person, two.register_client());
  const http::Response page = person.get("/account");
  EXPECT_TRUE(holds(page, "You left out at Google, so it cannot:"));
  EXPECT_TRUE(holds(page, "<li>See your calendars and events</li>"));
  EXPECT_FALSE(holds(page, "Search and read your mail"));
}

TEST_F(AccountTest, EndsOneSessionAndLeavesTheOthers) {  // I4
  sign_in(browser);
  const http::Response older = connect(bench, browser, bench.register_client());
  bench.clock.advance(std::chrono::seconds(60));
  const http::Response newer = connect(bench, browser, bench.register_client());
  const http::Response page = browser.get("/account");
  const std::string form = Browser::form_field(page);

  const http::Response done =
      browser.post("/logout", {{"form", form}, {"session", button(page, "session", 1)}});

  EXPECT_EQ(done.status, 303);
  EXPECT_EQ(header_of(done, "Location"), "https://gate.example/account?done=session");
  EXPECT_FALSE(oauth::run(bench.grants.authenticate(oauth::json_field(older, "access_token"))));
  EXPECT_TRUE(oauth::run(bench.grants.authenticate(oauth::json_field(newer, "access_token"))));
  const http::Response after = browser.get("/account?done=session");
  EXPECT_TRUE(holds(after, "role=\"status\">That session has ended."));
  EXPECT_TRUE(holds(after, "You ended it here"));
  EXPECT_FALSE(holds(browser.get("/account?done=%3Cscript%3E"), "role=\"status\""));
}

TEST_F(AccountTest, EndsAllSessionsOfAClient) {
  sign_in(browser);
  connect(bench, browser, bench.register_client());
  connect(bench, browser, bench.register_client());
  const http::Response page = browser.get("/account");
  EXPECT_TRUE(holds(page, "End all 2 sessions of Example"));
  const std::string form = Browser::form_field(page);
  const http::Response done =
      browser.post("/logout", {{"form", form}, {"client", button(page, "client")}});
  EXPECT_EQ(done.status, 303);
  EXPECT_TRUE(holds(browser.get("/account"), "Nothing is connected"));
}

TEST_F(AccountTest, SaysWhyASessionEnded) {  // AUTH-04
  sign_in(browser);
  connect(bench, browser, bench.register_client());
  bench.clock.advance(std::chrono::hours(7 * 24));
  sign_in(browser);
  const http::Response page = browser.get("/account");
  EXPECT_TRUE(holds(page, "Ended after seven days, <time datetime=\"2027-01-22T08:00:00Z\">"));
  EXPECT_TRUE(holds(page, "Why you sign in again"));
  bench.clock.advance(std::chrono::seconds(1));
  connect(bench, browser, bench.register_client());
  const std::string form = Browser::form_field(browser.get("/account"));
  bench.clock.advance(std::chrono::seconds(1));
  browser.post("/logout", {{"form", form}, {"where", "everywhere"}});
  bench.clock.advance(std::chrono::seconds(1));
  sign_in(browser);
  EXPECT_TRUE(holds(browser.get("/account"), "Ended when you signed out everywhere."));
}

TEST_F(AccountTest, ActsOnOneClearChoiceOnly) {
  sign_in(browser);
  const http::Response tokens = connect(bench, browser, bench.register_client());
  const http::Response page = browser.get("/account");
  const std::string form = Browser::form_field(page);
  const std::string grant = button(page, "session");
  for (const http::FormFields& fields :
       {http::FormFields{{"form", form}, {"where", "nowhere"}},
        http::FormFields{{"form", form}, {"where", "here"}, {"session", grant}},
        http::FormFields{{"form", form}, {"session", "x"}}}) {
    EXPECT_EQ(browser.post("/logout", fields).status, 400);
  }
  EXPECT_EQ(browser.post("/logout", {{"session", grant}}).status, 403);
  EXPECT_TRUE(oauth::run(bench.grants.authenticate(oauth::json_field(tokens, "access_token"))));
}

TEST_F(AccountTest, SignsOutEverywhereEvenWhenTheListDoesNotOpen) {
  sign_in(browser);
  const http::Response tokens = connect(bench, browser, bench.register_client());
  for (const std::string& key : bench.keys()) {
    if (!key.starts_with("SESSIONS#")) continue;
    store::Record changed = **oauth::run(bench.memory.get(key));
    changed.ttl += 1;
    changed.generation += 1;
    ASSERT_TRUE(oauth::run(bench.memory.replace(changed)));
  }
  const http::Response page = browser.get("/account");
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(holds(page, "cannot be read just now"));
  bench.clock.advance(std::chrono::seconds(1));
  browser.post("/logout", {{"form", Browser::form_field(page)}, {"where", "everywhere"}});
  EXPECT_FALSE(oauth::run(bench.grants.authenticate(oauth::json_field(tokens, "access_token"))));
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
