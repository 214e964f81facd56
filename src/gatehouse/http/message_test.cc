// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/message.h"

#include <gtest/gtest.h>

#include <array>

namespace gatehouse::http {
namespace {

TEST(Request, FindsHeaderWithoutRegardToCase) {
  const std::array<HeaderView, 2> fields{{{"Host", "a"}, {"mcp-session-id", "b"}}};
  Request request;
  request.headers = fields;

  EXPECT_EQ(request.header("Mcp-Session-Id"), "b");
  EXPECT_EQ(request.header("HOST"), "a");
  EXPECT_EQ(request.header("Accept"), std::nullopt);
}

TEST(Request, RepeatedHeaderHasNoSingleValue) {
  const std::array<HeaderView, 3> fields{{{"Origin", "a"}, {"origin", "a"}, {"Host", "h"}}};
  Request request;
  request.headers = fields;

  EXPECT_EQ(request.header("Origin"), std::nullopt);
  EXPECT_EQ(request.header_count("Origin"), 2U);
  EXPECT_EQ(request.header_count("Host"), 1U);
  EXPECT_EQ(request.header_count("Accept"), 0U);
}

TEST(Response, ConstructorsNameTheirMediaType) {
  EXPECT_EQ(text_response(404, "x").headers.at(0).value, "text/plain; charset=utf-8");
  EXPECT_EQ(json_response(200, "{}").headers.at(0).value, "application/json");
  EXPECT_EQ(html_response(200, "<p>").headers.at(0).value, "text/html; charset=utf-8");
  EXPECT_TRUE(empty_response(204).headers.empty());
  EXPECT_EQ(json_response(201, "{}").with("Allow", "GET").headers.size(), 2U);
}

TEST(ReasonPhrase, KnowsEveryStatusWeSend) {
  for (int status : {200, 202, 204, 302, 303, 400, 401, 403, 404, 405, 408,
                     413, 414, 415, 417, 421, 429, 431, 500, 501, 503, 505}) {
    EXPECT_NE(reason_phrase(status), "Status") << status;
  }
}

}  // namespace
}  // namespace gatehouse::http
