// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/file_routes.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/base/encoding.h"
#include "gatehouse/web/site_bench.h"

namespace gatehouse::gateway {
namespace {

using oauth::header_of;
using oauth::run;

constexpr std::string_view kMessage =
    R"({"id":"m1","payload":{"partId":"","mimeType":"text/html","filename":"a.html",)"
    R"("body":{"size":5,"attachmentId":"att"}}})";

google::ApiClientOptions options_without_waits() {
  google::ApiClientOptions options;
  options.attempts_max = 1;
  return options;
}

class FileRoutesTest : public testing::Test {
 protected:
  FileRoutesTest() {
    const std::string code = bench.code_for(app);
    token = oauth::json_field(bench.post("/token", bench.code_form(app, code)), "access_token");
    for (http::Route& route : routes.routes()) bench.router.add(std::move(route));
    client.set_script([this](const http::SeenRequest& request) {
      EXPECT_EQ(request.bearer, "ya29.google");
      const bool is_file = request.url.find("/attachments/") != std::string::npos;
      if (is_file) return http::ScriptedClient::answer(status, body);
      return http::ScriptedClient::answer(200, kMessage);
    });
    browser.come_back(browser.get("/login"));
    link = make_link();
  }

  std::string make_link(std::uint64_t size = 5) {
    auto grant = run(bench.grants.authenticate(token));
    auto trace = run(bench.traces.of(**grant, token));
    web::FileTicket ticket;
    ticket.session = std::move(*trace);
    ticket.user = (*grant)->user;
    ticket.client = (*grant)->client;
    ticket.google_token = base::Secret::copy_of("ya29.google");
    ticket.handle = "m1/";
    ticket.name = "a.html";
    ticket.size = size;
    ticket.expires = bench.clock.now() + web::kFileLinkLifetime;
    const auto url = run(bench.site.file_tickets().make(ticket));
    return url->substr(std::string("https://gate.example").size());
  }

  web::SiteBench bench;
  web::Browser browser{bench};
  http::ScriptedClient client;
  google::ApiClient api{client, options_without_waits(), bench.clock, bench.random, bench.log};
  workspace::Services services{api, bench.clock, bench.random, bench.log, workspace::Mode::full};
  std::size_t unsent = 0;
  web::UploadNotes notes{bench.records, bench.clock};
  FileRoutes routes{
      bench.site.file_door(),
      bench.site.file_tickets(),
      notes,
      bench.seals,
      [](const base::ClientId&) -> base::Coroutine<std::string> { co_return "Example"; },
      services,
      1'000'000,
      [this] { return unsent; }};
  const std::string app = bench.register_client();
  int status = 200;
  std::string body = R"({"size":5,"data":"PGI-aGk"})";
  std::string token;
  std::string link;
};

TEST_F(FileRoutesTest, GivesBytesToBeSavedAndOnce) {
  const http::Response file = browser.get(link);
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.body, "<b>hi");
  EXPECT_EQ(header_of(file, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(header_of(file, "Content-Disposition"), "attachment; filename=\"a.html\"");
  EXPECT_NE(header_of(file, "Content-Security-Policy").find("sandbox"), std::string::npos);
  EXPECT_EQ(browser.get(link).status, 404);
  EXPECT_EQ(client.seen().size(), 2u) << "a link that is used up asks Google nothing";
}

TEST_F(FileRoutesTest, WhatFailsAtGoogleLeavesTheLinkGood) {
  const struct {
    int status;
    std::string body;
    int page;
  } rows[] = {{503, "{}", 503},
              {404, "{}", 404},
              {401, "{}", 403},
              {429, "{}", 503},
              {200, R"({"data":"!"})", 503}};
  for (const auto& row : rows) {
    status = row.status;
    body = row.body;
    EXPECT_EQ(browser.get(link).status, row.page) << row.status << row.body;
  }
  status = 200;
  body = R"({"size":5,"data":"PGI-aGk"})";
  EXPECT_EQ(browser.get(link).body, "<b>hi");
}

TEST_F(FileRoutesTest, WaitsUntilTheServerHasRoomForIt) {
  unsent = 950'000;
  EXPECT_EQ(browser.get(link).status, 503);
  EXPECT_EQ(client.seen().size(), 0u);
  unsent = 0;
  EXPECT_EQ(browser.get(make_link(2'000'000)).status, 503) << "what never fits is refused too";
  EXPECT_EQ(browser.get(link).status, 200);
}

TEST_F(FileRoutesTest, HeadIsTheSameForEveryTicketAndAsksNobody) {
  for (const std::string& target : {link, std::string("/files/x")}) {
    oauth::TestRequest request(http::Method::head, target);
    const http::Response response = browser.send(request);
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(header_of(response, "Content-Disposition"), "");
  }
  EXPECT_EQ(client.seen().size(), 0u);
}

TEST_F(FileRoutesTest, TheLogNamesNoTicket) {
  (void)browser.get(link);
  (void)browser.get(link);
  const std::string ticket = link.substr(web::kFilesPath.size());
  EXPECT_NE(bench.log.text().find("\"file link\""), std::string::npos);
  EXPECT_EQ(bench.log.text().find(ticket.substr(0, 22)), std::string::npos);
  EXPECT_EQ(bench.log.text().find(ticket.substr(22)), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::gateway
