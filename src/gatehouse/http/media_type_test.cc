// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/media_type.h"

#include <gtest/gtest.h>

#include <array>

namespace gatehouse::http {
namespace {

bool is_json(std::string_view content_type) {
  const std::array<HeaderView, 1> fields{{{"Content-Type", content_type}}};
  Request request;
  request.headers = fields;
  return has_body_of_type(request, "application/json");
}

TEST(MediaType, IsTheOneNamed) {
  for (const char* type :
       {"application/json", "Application/JSON", "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"", "application/json; charset=utf8; profile=x"}) {
    EXPECT_TRUE(is_json(type)) << type;
  }
  for (const char* type :
       {"", "text/plain", "application/jsonp", "application/json, text/plain", "json",
        "application/json; charset=utf-16", "application/json; charset=latin1",
        "application/json; charset=", "text/plain; a=application/json"}) {
    EXPECT_FALSE(is_json(type)) << type;
  }
}

TEST(MediaType, OfTwoHeadersOrNoneIsUnknown) {
  const std::array<HeaderView, 2> twice{
      {{"Content-Type", "application/json"}, {"content-type", "application/json"}}};
  Request request;
  EXPECT_FALSE(has_body_of_type(request, "application/json"));
  request.headers = twice;
  EXPECT_FALSE(has_body_of_type(request, "application/json"));
}

TEST(MediaType, OfJsonMayBeOnesOwn) {
  for (const char* type : {"application/json", "application/json; charset=UTF-8",
                           "Application/Client+JSON", "application/x+json;charset=utf-8"}) {
    EXPECT_TRUE(is_json_type(type)) << type;
  }
  for (const char* type : {"", "text/html", "text/json", "image/x+json", "application/jsonp",
                           "application/json; charset=utf-16", "application/json, text/html"}) {
    EXPECT_FALSE(is_json_type(type)) << type;
  }
}

}  // namespace
}  // namespace gatehouse::http
