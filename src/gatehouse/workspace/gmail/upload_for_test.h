// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "gatehouse/http/scripted_client.h"
#include "gatehouse/workspace/gmail/raw_mail_for_test.h"

// For tests: an upload taken apart the way Google has to, RFC 2387.
namespace gatehouse::workspace::gmail {

struct TestUpload {
  std::string json;
  std::string message;
};

inline bool is_upload(const http::SeenRequest& request) {
  return request.url.find("googleapis.com/upload/gmail/v1/") != std::string::npos;
}

inline TestUpload read_upload(const http::SeenRequest& request) {
  EXPECT_NE(request.url.find("uploadType=multipart"), std::string::npos) << request.url;
  const Parameters type = parse_parameters(request.header("Content-Type"));
  EXPECT_EQ(type.value, "multipart/related");
  const std::string delimiter = "--" + type.parameter("boundary");
  const auto after = [](std::string_view& rest, const std::string& mark) {
    const std::size_t at = rest.find(mark);
    EXPECT_NE(at, std::string_view::npos) << mark;
    const std::string before(rest.substr(0, at));
    rest.remove_prefix(std::min(rest.size(), at + mark.size()));
    return before;
  };
  std::string_view rest = request.body;
  TestUpload upload;
  EXPECT_EQ(after(rest, delimiter + "\r\n"), "");
  EXPECT_EQ(after(rest, "\r\n\r\n"), "Content-Type: application/json; charset=UTF-8");
  upload.json = after(rest, "\r\n" + delimiter + "\r\n");
  EXPECT_EQ(after(rest, "\r\n\r\n"), "Content-Type: message/rfc822");
  upload.message = after(rest, "\r\n" + delimiter + "--\r\n");
  EXPECT_EQ(rest, "");
  return upload;
}

}  // namespace gatehouse::workspace::gmail
