// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/router.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

namespace gatehouse::http {
namespace {

base::Coroutine<Response> say_path(const Request& request) {
  co_return text_response(200, std::string(request.method_name) + " " + std::string(request.path));
}

base::Coroutine<Response> say_head(const Request&) { co_return empty_response(204); }

Response run(const Router& router, const Request& request) {
  boost::asio::io_context loop(1);
  std::optional<Response> result;
  boost::asio::co_spawn(loop.get_executor(), router.handle(request),
                        [&result](std::exception_ptr failure, Response response) {
                          if (!failure) result = std::move(response);
                        });
  loop.run();
  return result.value();
}

Request request_for(Method method, std::string_view name, std::string_view path) {
  Request request;
  request.method = method;
  request.method_name = name;
  request.target = path;
  request.path = path;
  return request;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.add({Method::get, "/healthz", Access::open, say_path});
    router_.add({Method::post, "/mcp", Access::bearer, say_path});
    router_.add({Method::get, "/mcp", Access::bearer, say_path});
    router_.add({Method::del, "/mcp", Access::bearer, say_path});
    router_.add({Method::get, "/own-head", Access::open, say_path});
    router_.add({Method::head, "/own-head", Access::open, say_head});
    router_.add({Method::get, "/files/*", Access::browser, say_path});
  }

  Response ask(Method method, std::string_view name, std::string_view path) {
    return run(router_, request_for(method, name, path));
  }

  Router router_;
};

TEST_F(RouterTest, FindsRouteByMethodAndPath) {
  EXPECT_EQ(ask(Method::get, "GET", "/healthz").body, "GET /healthz");
  EXPECT_EQ(ask(Method::post, "POST", "/mcp").body, "POST /mcp");
  EXPECT_EQ(ask(Method::del, "DELETE", "/mcp").body, "DELETE /mcp");
}

TEST_F(RouterTest, TellsTheRequestWhichRouteTookIt) {
  const Request found = request_for(Method::get, "GET", "/healthz");
  const Request lost = request_for(Method::get, "GET", "/nowhere");
  (void)run(router_, found);
  (void)run(router_, lost);

  EXPECT_EQ(found.route, "/healthz");
  EXPECT_EQ(lost.route, "");
}

// HP-18
TEST_F(RouterTest, PathsAreComparedByteForByte) {
  for (std::string_view path :
       {"/", "/mcp/", "/MCP", "//mcp", "/./mcp", "/x/../mcp", "/mc%70", "/mcp%00", "/mcp;x",
        "/mcpx", "/mc", "/healthz/..%2fmcp", "/\xc0\xaf"}) {
    EXPECT_EQ(ask(Method::get, "GET", path).status, 404) << path;
  }
}

TEST_F(RouterTest, ARouteMayTakeOneSegmentMore) {
  EXPECT_EQ(ask(Method::get, "GET", "/files/a-b_c").body, "GET /files/a-b_c");
  EXPECT_EQ(ask(Method::post, "POST", "/files/x").status, 405);
  for (std::string_view path : {"/files", "/files/", "/files//", "/files/a/", "/files/a/b",
                                "/file/a", "/Files/a", "/xfiles/a"}) {
    EXPECT_EQ(ask(Method::get, "GET", path).status, 404) << path;
  }
  const Request secret = request_for(Method::get, "GET", "/files/secret");
  (void)run(router_, secret);
  EXPECT_EQ(secret.route, "/files/*") << "what is logged does not name it";
}

// MD-09
TEST_F(RouterTest, OtherMethodGetsAllow) {
  const Response response = ask(Method::put, "PUT", "/mcp");

  EXPECT_EQ(response.status, 405);
  ASSERT_EQ(response.headers.back().name, "Allow");
  EXPECT_EQ(response.headers.back().value, "POST, GET, HEAD, DELETE");
  EXPECT_FALSE(response.close);
  EXPECT_EQ(ask(Method::options, "OPTIONS", "/mcp").status, 405);
  EXPECT_EQ(ask(Method::options, "OPTIONS", "/nowhere").status, 404);
}

// HP-13
TEST_F(RouterTest, UnknownMethodClosesTheConnection) {
  const Response response = ask(Method::other, "TRACE", "/mcp");

  EXPECT_EQ(response.status, 405);
  EXPECT_TRUE(response.close);
}

TEST_F(RouterTest, GetAnswersHeadUnlessARouteTakesIt) {
  EXPECT_EQ(ask(Method::head, "HEAD", "/healthz").status, 200);
  EXPECT_EQ(ask(Method::head, "HEAD", "/own-head").status, 204);
}

using RouterDeathTest = RouterTest;

TEST_F(RouterDeathTest, SameRouteTwiceEndsTheProcess) {
  EXPECT_DEATH(router_.add({Method::get, "/mcp", Access::open, say_path}), "find");
}

}  // namespace
}  // namespace gatehouse::http
