// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/file_door.h"

#include <gtest/gtest.h>

#include "gatehouse/web/site_bench.h"

namespace gatehouse::web {
namespace {

using namespace std::chrono_literals;
using oauth::header_of;
using oauth::location_field;
using oauth::run;

class FileDoorTest : public testing::Test {
 protected:
  FileDoorTest() {
    const std::string code = bench.code_for(app);
    token = oauth::json_field(bench.post("/token", bench.code_form(app, code)), "access_token");
    bench.router.add({http::Method::get, "/files/*", http::Access::browser,
                      [this](const http::Request& request) { return answer(request); }});
    link = make_link();
  }

  // "in", or why not.
  base::Coroutine<http::Response> answer(const http::Request& request) {
    FileDoor& door = bench.site.file_door();
    base::Coroutine<FileDoor::Knock> work =
        is_program ? door.knock_without_browser(request) : door.knock(request);
    FileDoor::Knock knock = co_await std::move(work);
    if (knock.sign_in) co_return std::move(*knock.sign_in);
    if (knock.end) co_return door.page(request, *knock.end);
    co_return http::text_response(200, "in " + knock.link.ticket.name);
  }

  std::string make_link() {
    auto grant = run(bench.grants.authenticate(token));
    EXPECT_TRUE(grant);
    auto trace = run(bench.traces.of(**grant, token));
    EXPECT_TRUE(trace);
    FileTicket ticket;
    ticket.session = std::move(*trace);
    ticket.google_token = base::Secret::copy_of("ya29.google");
    ticket.handle = "m1/1";
    ticket.name = "a.pdf";
    ticket.size = 1'234'567'890'123;
    ticket.expires = bench.clock.now() + kFileLinkLifetime;
    const auto url = run(bench.site.file_tickets().make(ticket));
    EXPECT_TRUE(url);
    return url->substr(std::string("https://gate.example").size());
  }
  void sign_in() { browser.come_back(browser.get("/login")); }
  bool is_in(const http::Response& response) const { return response.body == "in a.pdf"; }
  bool says(const http::Response& response, int status, std::string_view words) const {
    return response.status == status && response.body.find(words) != std::string::npos;
  }

  SiteBench bench;
  Browser browser{bench};
  const std::string app = bench.register_client();
  std::string token;
  std::string link;
  bool is_program = false;
};

TEST_F(FileDoorTest, LetsItsPersonInAsOftenAsTheyKnock) {
  sign_in();
  EXPECT_TRUE(is_in(browser.get(link)));
  EXPECT_TRUE(is_in(browser.get(link))) << "knocking does not use it up";
}

TEST_F(FileDoorTest, SendsWhoIsNotSignedInToGoogleAndBackToTheLink) {
  const http::Response departure = browser.get(link);
  EXPECT_EQ(departure.status, 302);
  EXPECT_TRUE(header_of(departure, "Location").starts_with("https://accounts.google.test/"));
  EXPECT_EQ(bench.provider.last.login_hint, "") << "whose link it is, is not told";
  const http::Response back = browser.come_back(departure);
  EXPECT_EQ(header_of(back, "Location"), "https://gate.example" + link);
  EXPECT_TRUE(is_in(browser.get(link)));
}

TEST_F(FileDoorTest, ASignInThatFailsLeadsBackToTheLink) {
  const http::Response departure = browser.get(link);
  bench.provider.refusal = identity::Refusal::wrong_domain;
  EXPECT_TRUE(says(browser.come_back(departure), 403, "href=\"" + link + "\""));
}

TEST_F(FileDoorTest, TurnsOthersAwayAndStaysGood) {
  bench.provider.subject = "sub-2";
  sign_in();
  EXPECT_TRUE(says(browser.get(link), 403, "another person"));
  Browser own(bench);
  bench.provider.subject = "sub-1";
  own.come_back(own.get("/login"));
  EXPECT_TRUE(is_in(own.get(link)));
}

TEST_F(FileDoorTest, ClosesWhenTheSessionHasEnded) {
  sign_in();
  const auto grant = run(bench.grants.authenticate(token));
  ASSERT_TRUE(run(bench.grants.end_grant(**grant)));
  EXPECT_TRUE(says(browser.get(link), 403, "has ended"));
  is_program = true;
  EXPECT_TRUE(says(browser.get(link), 403, "has ended"));
}

TEST_F(FileDoorTest, LinksEndAfterFifteenMinutesAndOnceTaken) {
  sign_in();
  auto opened = run(bench.site.file_tickets().open(link.substr(kFilesPath.size())));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->ticket.size, 1'234'567'890'123u);
  EXPECT_EQ(opened->ticket.google_token.reveal(), "ya29.google");
  EXPECT_EQ(opened->ticket.handle, "m1/1");
  ASSERT_TRUE(run(bench.site.file_tickets().take(*opened)));
  EXPECT_FALSE(run(bench.site.file_tickets().take(*opened))) << "one winner";
  EXPECT_TRUE(says(browser.get(link), 404, "no longer good"));
  link = make_link();
  bench.clock.advance(15min + 1s);
  EXPECT_TRUE(says(browser.get(link), 404, "no longer good"));
}

TEST_F(FileDoorTest, KnowsNoOtherTickets) {
  const std::string ticket = link.substr(kFilesPath.size());
  for (const std::string& other :
       {std::string("x"), ticket + "x", ticket.substr(0, 43), std::string(44, 'A'),
        ticket.substr(0, 22) + std::string(22, 'A'), std::string(44, '%')}) {
    EXPECT_TRUE(says(browser.get("/files/" + other), 404, "no longer good")) << other;
  }
  EXPECT_EQ(bench.provider.trips, 0) << "nobody signs in for nothing";
}

TEST_F(FileDoorTest, AStoreThatIsAwayIsNoVerdict) {
  sign_in();
  bench.store.failing = true;
  EXPECT_TRUE(says(browser.get(link), 503, "same link again"));
  bench.store.failing = false;
  EXPECT_TRUE(is_in(browser.get(link)));
}

TEST_F(FileDoorTest, AProgramNeedsTheLinkAlone) {
  is_program = true;
  EXPECT_TRUE(is_in(browser.get(link)));
}

}  // namespace
}  // namespace gatehouse::web
