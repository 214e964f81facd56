// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/front_door.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

namespace gatehouse::gateway {
namespace {

base::Coroutine<http::Response> say_ok(const http::Request&) {
  http::Response response = http::text_response(200, "ok");
  co_return response;
}

struct Entrance {
  base::FixedClock clock{base::from_epoch_seconds(1'800'000'000)};
  telemetry::MemoryLog log;
  RefusalLog refusals{0, clock, log};
  base::SeededRandom random{3};
};

struct Visit {
  std::string path = "/mcp";
  std::string host = "gatehouse.example.com";
  std::string origin = "";
  std::string traceparent = "";
};

int status_of(FrontDoor& door, const Visit& visit) {
  std::vector<http::HeaderView> headers = {{"Host", visit.host}};
  if (!visit.origin.empty()) headers.push_back({"Origin", visit.origin});
  if (!visit.traceparent.empty()) headers.push_back({"Traceparent", visit.traceparent});
  http::Request request;
  request.method = http::Method::post;
  request.method_name = "POST";
  request.path = visit.path;
  request.peer = "192.0.2.7";
  request.headers = headers;
  boost::asio::io_context loop(1);
  int status = 0;
  boost::asio::co_spawn(
      loop.get_executor(), door.handle(request),
      [&](std::exception_ptr, http::Response response) { status = response.status; });
  loop.run();
  return status;
}

TEST(FrontDoor, TurnsAwayForeignHosts) {  // SE-02, T13
  Entrance entrance;
  FrontDoor door("https://gatehouse.example.com", "gatehouse.example.com", say_ok,
                 entrance.refusals, entrance.random);

  EXPECT_EQ(status_of(door, {}), 200);
  EXPECT_EQ(status_of(door, {.host = "GATEHOUSE.example.com"}), 200);
  EXPECT_EQ(status_of(door, {.host = "evil.example.com"}), 421);
  EXPECT_EQ(status_of(door, {.host = "localhost"}), 421);
  EXPECT_EQ(status_of(door, {.path = "/healthz", .host = "10.0.0.7:8080"}), 200);
}

TEST(FrontDoor, TurnsAwayForeignOriginsOnEveryRouteThatActs) {  // SE-01, T23
  Entrance entrance;
  FrontDoor door("https://gatehouse.example.com", "gatehouse.example.com", say_ok,
                 entrance.refusals, entrance.random);

  for (const char* path : {"/mcp", "/sse", "/messages", "/account", "/login", "/authorize"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(status_of(door, {.path = path, .origin = "https://gatehouse.example.com"}), 200);
    for (const char* origin : {"https://evil.example", "null", "http://localhost:6274",
                               "https://gatehouse.example.com.evil.example", "garbage"}) {
      EXPECT_EQ(status_of(door, {.path = path, .origin = origin}), 403) << origin;
    }
  }
}

TEST(FrontDoor, LeavesAnEventForWhomItTurnsAway) {  // I14
  Entrance entrance;
  FrontDoor door("https://gatehouse.example.com", "gatehouse.example.com", say_ok,
                 entrance.refusals, entrance.random);

  status_of(door, {});
  EXPECT_EQ(entrance.log.text(), "");
  status_of(door, {.host = "evil.example.com"});
  EXPECT_NE(entrance.log.text().find(R"("status":421,"reason":"another host")"), std::string::npos)
      << entrance.log.text();
  status_of(door, {.origin = "https://evil.example"});
  EXPECT_NE(entrance.log.text().find(R"("status":403,"reason":"another origin")"),
            std::string::npos)
      << entrance.log.text();
  EXPECT_EQ(entrance.log.text().find("evil.example"), std::string::npos);
}

TEST(FrontDoor, NamesEveryRequest) {
  const std::string theirs = "4bf92f3577b34da6a3ce929d0e0e4736";
  std::vector<std::string> names;
  Entrance entrance;
  FrontDoor door(
      "https://gatehouse.example.com", "gatehouse.example.com",
      [&names](const http::Request& request) {
        names.emplace_back(request.trace.trace_id());
        return say_ok(request);
      },
      entrance.refusals, entrance.random);

  status_of(door, {.traceparent = "00-" + theirs + "-00f067aa0ba902b7-01"});
  status_of(door, {});
  status_of(door, {.traceparent = "nonsense"});
  ASSERT_EQ(names.size(), 3U);
  EXPECT_EQ(names[0], theirs);
  EXPECT_EQ(names[1].size(), 32U);
  EXPECT_EQ(names[2].size(), 32U);
  EXPECT_NE(names[1], names[2]);
  status_of(door,
            {.host = "evil.example.com", .traceparent = "00-" + theirs + "-00f067aa0ba902b7-01"});
  EXPECT_NE(entrance.log.text().find(R"("trace_id":")" + theirs), std::string::npos)
      << entrance.log.text();
}

TEST(FrontDoor, LetsAnyOriginDiscoverAndRegister) {  // SE-19: no ambient authority there
  Entrance entrance;
  FrontDoor door("https://gatehouse.example.com", "gatehouse.example.com", say_ok,
                 entrance.refusals, entrance.random);

  for (const char* path :
       {"/.well-known/oauth-authorization-server", "/register", "/token", "/revoke"}) {
    EXPECT_EQ(status_of(door, {.path = path, .origin = "https://playground.example"}), 200) << path;
  }
}

TEST(FrontDoor, OnLoopbackEverySpellingOfLoopbackIsUs) {
  Entrance entrance;
  FrontDoor door("http://localhost:8080", "localhost:8080", say_ok, entrance.refusals,
                 entrance.random);

  EXPECT_EQ(status_of(door, {.host = "127.0.0.1:8080", .origin = "http://localhost:6274"}), 200);
  EXPECT_EQ(status_of(door, {.host = "[::1]:8080"}), 200);
  EXPECT_EQ(status_of(door, {.host = "evil.example.com"}), 421);
  EXPECT_EQ(status_of(door, {.host = "localhost:8080", .origin = "http://evil.example.com"}), 403);
}

}  // namespace
}  // namespace gatehouse::gateway
