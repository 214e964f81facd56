// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/file_routes.h"

#include <gtest/gtest.h>

#include <optional>
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
      [](const base::ClientId&, const telemetry::RequestTrace&) -> base::Coroutine<std::string> {
        co_return "Example";
      },
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
  for (const auto& request : client.seen())
    EXPECT_EQ(request.header("traceparent").substr(3, 32), bench.last_trace) << request.url;
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

class UploadRoutesTest : public FileRoutesTest {
 protected:
  UploadRoutesTest() {
    link = make_upload();
    body = R"({"id":"r-1","message":{"id":"18d1"}})";
    client.set_script([this](const http::SeenRequest& request) {
      EXPECT_EQ(request.bearer, "ya29.google");
      return http::ScriptedClient::answer(status, body);
    });
  }

  std::string make_upload() {
    auto grant = run(bench.grants.authenticate(token));
    auto trace = run(bench.traces.of(**grant, token));
    web::FileTicket ticket;
    ticket.kind = web::FileTicket::Kind::upload;
    ticket.session = std::move(*trace);
    ticket.user = (*grant)->user;
    ticket.client = (*grant)->client;
    ticket.google_token = base::Secret::copy_of("ya29.google");
    ticket.name = "a.pdf";
    ticket.expires = bench.clock.now() + web::kFileLinkLifetime;
    const auto url = run(bench.site.file_tickets().make(ticket));
    const std::string path = url->substr(std::string("https://gate.example").size());
    web::UploadNote note;
    note.subject = ticket.session.subject;
    note.link_ends = ticket.expires;
    EXPECT_TRUE(run(notes.begin(handle_of(path), note)));
    return path;
  }
  static std::string handle_of(const std::string& path) {
    return web::upload_handle_for(path.substr(web::kFilesPath.size()));
  }
  http::Response put(const std::string& bytes, const std::string& header = "",
                     const std::string& value = "") {
    oauth::TestRequest request(http::Method::put, link);
    request.bare_body(bytes);
    if (!header.empty()) request.header(header, value);
    return bench.send(request);
  }
  http::Response post(web::Browser& who, const std::string& form, const std::string& bytes,
                      const std::string& site = "same-origin") {
    oauth::TestRequest request(http::Method::post, link);
    request.body("--cut\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n" + form +
                     "\r\n--cut\r\nContent-Disposition: form-data; name=\"file\"; "
                     "filename=\"x/b.csv\"\r\nContent-Type: text/csv\r\n\r\n" +
                     bytes + "\r\n--cut--\r\n",
                 "multipart/form-data; boundary=cut");
    request.header("Sec-Fetch-Site", site);
    return who.send(request);
  }
  std::optional<web::StoredUpload> stored() {
    auto note = run(notes.find(handle_of(link)));
    EXPECT_TRUE(note);
    return note ? note->file : std::nullopt;
  }
};

TEST_F(UploadRoutesTest, ALinkTakesOneFileFromAProgram) {
  EXPECT_EQ(put("bytes").status, 201);
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->message_id, "18d1");
  EXPECT_EQ(stored()->name, "a.pdf");
  EXPECT_EQ(stored()->size, 5u);
  EXPECT_EQ(put("bytes").status, 404);
  EXPECT_EQ(client.seen().size(), 1u);
}

// 25 MB for a ticket that nobody gave would be read for nothing.
TEST_F(UploadRoutesTest, OnlyAGoodTicketIsWorthABody) {
  const auto wants = [this](http::Method method, const std::string& path,
                            const std::string& header = "") {
    oauth::TestRequest request(method, path);
    if (!header.empty()) request.header(header, "https://gate.example");
    return run(routes.wants_body(request.get()));
  };
  const std::string other = std::string(web::kFilesPath) + std::string(44, 'A');
  EXPECT_TRUE(wants(http::Method::put, link));
  EXPECT_TRUE(wants(http::Method::post, link, "Origin"));
  EXPECT_FALSE(wants(http::Method::put, link, "Origin")) << "a page cannot put";
  EXPECT_FALSE(wants(http::Method::put, other));
  EXPECT_FALSE(wants(http::Method::post, other));
  EXPECT_FALSE(wants(http::Method::put, std::string(web::kFilesPath)));
  EXPECT_FALSE(wants(http::Method::put, make_link())) << "a link that gives takes nothing";
  EXPECT_EQ(put("bytes").status, 201);
  EXPECT_FALSE(wants(http::Method::put, link)) << "it has taken its file";
  EXPECT_EQ(client.seen().size(), 1u) << "Google is asked for uploads alone";
}

TEST_F(UploadRoutesTest, APageCannotPut) {
  EXPECT_EQ(put("bytes", "Origin", "https://gate.example").status, 403);
  EXPECT_EQ(put("bytes", "Sec-Fetch-Site", "none").status, 403);
  EXPECT_EQ(put("").status, 400);
  EXPECT_EQ(put(std::string(25'000'001, 'x')).status, 413);
  EXPECT_EQ(client.seen().size(), 0u);
  EXPECT_EQ(put("bytes").status, 201);
}

TEST_F(UploadRoutesTest, WhatGoogleRefusesLeavesTheLinkGoodAndWhatIsLostDoesNot) {
  status = 429;
  EXPECT_EQ(put("bytes").status, 503);
  status = 500;
  EXPECT_EQ(put("bytes").status, 502);
  status = 200;
  EXPECT_EQ(put("bytes").status, 404) << "there may be a draft";
  link = make_upload();
  EXPECT_EQ(put("bytes").status, 201);
}

TEST_F(UploadRoutesTest, AFormCountsFromItsPersonsPage) {
  const http::Response page = browser.get(link);
  EXPECT_NE(page.body.find("Give Example a file?"), std::string::npos) << page.body;
  const std::string form = web::Browser::form_field(page);
  ASSERT_FALSE(form.empty());
  web::Browser stranger(bench);
  bench.provider.subject = "sub-2";
  stranger.come_back(stranger.get("/login"));
  EXPECT_EQ(stranger.get(link).status, 403);
  EXPECT_EQ(post(stranger, form, "x").status, 403);
  EXPECT_EQ(post(browser, "x", "x").status, 403);
  EXPECT_EQ(post(browser, form, "x", "cross-site").status, 403);
  EXPECT_EQ(post(browser, form, "").status, 400);
  EXPECT_EQ(client.seen().size(), 0u);
  EXPECT_EQ(post(browser, form, "1,2").status, 200);
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->name, "b.csv");
  EXPECT_EQ(post(browser, form, "1,2").status, 404);
}

TEST_F(UploadRoutesTest, AnUploadThatIsNotNotedIsTakenBack) {
  client.set_script([this](const http::SeenRequest& request) {
    if (request.method == http::Method::post) bench.store.failing = true;
    return http::ScriptedClient::answer(200, body);
  });
  EXPECT_EQ(put("bytes").status, 503);
  bench.store.failing = false;
  ASSERT_EQ(client.seen().size(), 2u);
  EXPECT_EQ(client.seen()[1].method, http::Method::del);
  EXPECT_NE(client.seen()[1].url.find("/drafts/r-1?"), std::string::npos);
  EXPECT_FALSE(stored());
}

TEST_F(FileRoutesTest, ALinkThatGivesTakesNothing) {
  oauth::TestRequest request(http::Method::put, link);
  request.bare_body("x");
  EXPECT_EQ(bench.send(request).status, 405);
  EXPECT_EQ(browser.get(link).status, 200);
}

}  // namespace
}  // namespace gatehouse::gateway
