// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/response_head.h"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

std::string head_of(const Response& response, const HeadOptions& options) {
  std::string out = "before|";
  append_head(out, response, options);
  EXPECT_TRUE(out.starts_with("before|"));
  return out.substr(7);
}

TEST(ResponseHead, CarriesStatusDateFieldsAndLength) {
  DateLine date;
  HeadOptions options;
  options.date_line = date.at(784111777);

  EXPECT_EQ(head_of(json_response(200, "{}").with("X-A", "b"), options),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: application/json\r\nX-A: b\r\nContent-Length: 2\r\n\r\n");
}

TEST(ResponseHead, SaysWhenTheConnectionCloses) {
  HeadOptions options;
  options.close = true;
  EXPECT_EQ(head_of(empty_response(404), options),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, StatusesWithoutBodyHaveNoLength) {
  EXPECT_EQ(head_of(empty_response(204), {}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(head_of(empty_response(304), {}), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_EQ(head_of(empty_response(202), {}), "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
}

// SE-15
TEST(ResponseHead, StreamIsNeitherCachedNorBuffered) {
  HeadOptions options;
  options.framing = Framing::chunked;
  options.close = true;
  const Response response =
      empty_response(200).with("Mcp-Session-Id", "s").with("cache-control", "x");

  EXPECT_EQ(head_of(response, options),
            "HTTP/1.1 200 OK\r\nMcp-Session-Id: s\r\nContent-Type: text/event-stream\r\n"
            "Cache-Control: no-cache, no-transform\r\nX-Accel-Buffering: no\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  options.framing = Framing::until_close;
  EXPECT_EQ(head_of(empty_response(200), options).find("Transfer-Encoding"), std::string::npos);
}

TEST(ResponseHead, DateFollowsTheClock) {
  DateLine date;
  EXPECT_EQ(date.at(0), "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  EXPECT_EQ(date.at(0), "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  EXPECT_EQ(date.at(1798761599), "Date: Thu, 31 Dec 2026 23:59:59 GMT\r\n");
  EXPECT_EQ(date.at(1798761600), "Date: Fri, 01 Jan 2027 00:00:00 GMT\r\n");
  EXPECT_EQ(date.at(1798761609), "Date: Fri, 01 Jan 2027 00:00:09 GMT\r\n");
  EXPECT_EQ(date.at(1798761599), "Date: Thu, 31 Dec 2026 23:59:59 GMT\r\n") << "set back";
  EXPECT_EQ(date.at(1709208000), "Date: Thu, 29 Feb 2024 12:00:00 GMT\r\n");
}

// HP-15
TEST(ResponseHeadDeathTest, SplitHeadersEndTheProcess) {
  EXPECT_DEATH(head_of(empty_response(303).with("Location", std::string("/a\r\nX: y")), {}),
               "is_legal");
  EXPECT_DEATH(head_of(empty_response(303).with("Location", std::string("/a\nX: y")), {}),
               "is_legal");
  EXPECT_DEATH(head_of(empty_response(303).with("Location", std::string("a\0b", 3)), {}),
               "is_legal");
  EXPECT_DEATH(head_of(empty_response(303).with(std::string("Loca tion"), "a"), {}), "is_legal");
  EXPECT_DEATH(head_of(empty_response(303).with(std::string("a:"), "a"), {}), "is_legal");
  EXPECT_DEATH(head_of(empty_response(303).with("content-length", "1"), {}), "is_servers_own");
}

}  // namespace
}  // namespace gatehouse::http
