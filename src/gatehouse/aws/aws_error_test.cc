// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/aws_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/base/encoding.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using ::testing::HasSubstr;
using ::testing::Not;

http::ClientResponse response(int status, std::string_view body,
                              std::vector<http::Header> headers = {}) {
  http::ClientResponse made;
  made.status = status;
  made.headers = std::move(headers);
  made.body = base::Secret::copy_of(body);
  return made;
}

TEST(AwsError, FindsTheTypeWhereverItStands) {
  const struct {
    const char* name;
    const char* body;
    const char* header;
    const char* type;
  } rows[] = {{"namespace",
               R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"})",
               "", "ConditionalCheckFailedException"},
              {"bare", R"({"__type":"ThrottlingException"})", "", "ThrottlingException"},
              {"header with URL", "{}",
               "ThrottlingException:http://internal.amazon.com/coral/com.amazon.coral/",
               "ThrottlingException"},
              {"header", "", "AccessDeniedException", "AccessDeniedException"},
              {"code", R"({"code":"InternalFailure"})", "", "InternalFailure"},
              {"body before header", R"({"__type":"a#Exact"})", "General", "Exact"},
              {"number", R"({"__type":7})", "", ""},
              {"nonsense", R"({"__type":"<script>"})", "", ""},
              {"html", "<html>", "", ""},
              {"array", "[]", "", ""},
              {"nothing", "", "", ""}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto error = read_json_error(response(400, row.body, {{"x-amzn-ErrorType", row.header}}));
    EXPECT_EQ(error.type, row.type);
    EXPECT_EQ(error.status, 400);
    EXPECT_TRUE(!error.type.empty() || !error.message.empty()) << "operators learn something";
  }
}

TEST(AwsError, FindsMessageAndRequestId) {
  for (const char* body :
       {R"({"__type":"X","message":"in words"})", R"({"__type":"X","Message":"in words"})"}) {
    const auto error = read_json_error(response(400, body, {{"X-Amzn-RequestId", "4K2-x"}}));
    EXPECT_EQ(error.message, "in words");
    EXPECT_EQ(error.request_id, "4K2-x");
  }
}

// AWS explains a refused signature with the request as it has read it.
TEST(AwsError, CutsTheRequestThatAwsRepeats) {
  const auto error = read_json_error(response(
      400,
      R"({"__type":"InvalidSignatureException","message":"The request signature we calculated does )"
      R"(not match the signature you provided.\n\nThe Canonical String for this request should have )"
      R"(been\n'POST\n/\n\nx-amz-security-token:IQoJb3JpZ2luX2VjE'"})"));
  EXPECT_EQ(error.message,
            "The request signature we calculated does not match the signature you provided.");
  const auto on_one_line = read_json_error(response(
      400, R"({"message":"No match. The Canonical String is x-amz-security-token:IQoJ"})"));
  EXPECT_THAT(on_one_line.message, Not(HasSubstr("IQoJ")));
}

TEST(AwsError, BoundsWhatItKeeps) {
  std::string message;
  while (message.size() < 2'000) message += "\xE6\x97\xA5";
  const auto error = read_json_error(response(
      400, R"({"__type":")" + std::string(200, 'T') + R"(","message":")" + message + R"("})",
      {{"x-amzn-requestid", std::string(200, 'r')}}));
  EXPECT_EQ(error.type, "");
  EXPECT_EQ(error.request_id, "");
  EXPECT_LE(error.message.size(), 512u);
  EXPECT_TRUE(base::is_valid_utf8(error.message));
}

TEST(AwsError, ReadsTheQueryProtocol) {
  const auto error = read_query_error(response(
      403,
      "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message>"
      "</Error><RequestId>req-1</RequestId></ErrorResponse>"));
  EXPECT_EQ(error.type, "AccessDenied");
  EXPECT_EQ(error.message, "no");
  EXPECT_EQ(error.request_id, "req-1");
  EXPECT_EQ(error.code, Errc::denied);
  const auto unreadable = read_query_error(response(503, "<html>", {{"x-amzn-requestid", "r"}}));
  EXPECT_EQ(unreadable.code, Errc::unavailable);
  EXPECT_EQ(unreadable.request_id, "r");
}

TEST(AwsError, ReadsAsOneLine) {
  AwsError error;
  error.code = Errc::denied;
  error.type = "AccessDeniedException";
  error.message = "User is not authorized";
  error.request_id = "4K2";
  const auto line = to_error("dynamodb GetItem", error);
  EXPECT_EQ(line.code, Errc::denied);
  EXPECT_EQ(line.detail,
            "dynamodb GetItem: AccessDeniedException (request 4K2): User is not authorized");
  EXPECT_EQ(to_error("kms Decrypt", AwsError{Errc::timeout, "", "no answer", "", 0}).detail,
            "kms Decrypt: no answer");
}

}  // namespace
}  // namespace gatehouse::aws
