// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/sts_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "gatehouse/aws/source_bench.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using http::ScriptedClient;
using http::SeenRequest;
using ::testing::HasSubstr;
using ::testing::Not;

std::string answer_to(const std::string& action) {
  return "<" + action + R"(Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><)" + action +
         "Result><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s3cret/+"
         "</SecretAccessKey><SessionToken>tok==</SessionToken><Expiration>2026-11-24T05:00:00Z"
         "</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

std::string error_answer(const std::string& code, const std::string& message) {
  return R"(<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>)" +
         code + "</Code><Message>" + message +
         "</Message></Error><RequestId>req-1</RequestId></ErrorResponse>";
}

struct Bench : SourceBench {
  Bench() {
    client.set_script([this](const SeenRequest&) {
      if (answers.empty()) return ScriptedClient::answer(200, answer_to("AssumeRole"));
      auto next = std::move(answers.front());
      answers.pop_front();
      return next;
    });
    role.role_arn = "arn:aws:iam::123456789012:role/reports";
    source.access_key_id = "AKIA1";
    source.secret_access_key = base::Secret::copy_of("source-secret");
  }
  base::Result<Credentials> assume() {
    StsClient sts(context());
    return http::await_for_test(loop, sts.assume_role(role, source));
  }
  base::Result<Credentials> assume_with_token() {
    StsClient sts(context());
    const auto token = base::Secret::copy_of("ey.J+/=");
    return http::await_for_test(loop, sts.assume_role_with_web_identity(role, token));
  }

  std::deque<ScriptedClient::Answer> answers;
  RoleRequest role;
  Credentials source;
};

TEST(StsClient, SignsAssumeRoleWithTheSource) {
  Bench bench;
  bench.role.external_id = "a b&c";
  bench.role.duration_seconds = 3600;
  bench.source.session_token = base::Secret::copy_of("source-token");
  const auto credentials = bench.assume();
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(credentials->secret_access_key.reveal(), "s3cret/+");
  EXPECT_EQ(credentials->session_token.reveal(), "tok==");
  EXPECT_EQ(credentials->expires, base::from_epoch_seconds(1'795'496'400));
  const auto& seen = bench.client.seen().at(0);
  EXPECT_EQ(seen.url, "https://sts.eu-central-1.amazonaws.com/");
  EXPECT_EQ(seen.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%"
            "2Freports&RoleSessionName=gatehouse&DurationSeconds=3600&ExternalId=a%20b%26c");
  EXPECT_THAT(std::string(seen.header("Authorization")),
              HasSubstr("Credential=AKIA1/20261124/eu-central-1/sts/aws4_request"));
  EXPECT_EQ(seen.header("X-Amz-Security-Token"), "source-token");
}

TEST(StsClient, SendsAWebIdentityUnsigned) {
  Bench bench;
  bench.answers.push_back(ScriptedClient::answer(200, answer_to("AssumeRoleWithWebIdentity")));
  const auto credentials = bench.assume_with_token();
  ASSERT_TRUE(credentials) << credentials.error().detail;
  const auto& seen = bench.client.seen().at(0);
  EXPECT_THAT(seen.body, HasSubstr("&WebIdentityToken=ey.J%2B%2F%3D"));
  EXPECT_EQ(seen.header("Authorization"), "");
}

TEST(StsClient, RetriesWhatPasses) {
  Bench bench;
  bench.answers.push_back(ScriptedClient::failure(Errc::unavailable));
  bench.answers.push_back(ScriptedClient::answer(400, error_answer("Throttling", "Rate exceeded")));
  EXPECT_TRUE(bench.assume());
  EXPECT_EQ(bench.pauses.size(), 2u);
  for (int i = 0; i < 3; ++i) bench.answers.push_back(ScriptedClient::answer(200, "<cut"));
  const auto garbled = bench.assume();
  ASSERT_FALSE(garbled);
  EXPECT_EQ(garbled.error().code, Errc::unavailable);
  EXPECT_THAT(garbled.error().detail, HasSubstr("malformed XML"));
}

TEST(StsClient, SaysWhatToDoAboutARefusal) {
  Bench bench;
  bench.answers.push_back(ScriptedClient::answer(
      403, error_answer("AccessDenied", "User: x is not authorized to perform: sts:AssumeRole")));
  const auto refused = bench.assume();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::denied);
  for (const char* part : {"arn:aws:iam::123456789012:role/reports", "AccessDenied", "req-1",
                           "is not authorized", "trust policy"}) {
    EXPECT_THAT(refused.error().detail, HasSubstr(part));
  }
  bench.answers.push_back(ScriptedClient::answer(
      400, error_answer("InvalidIdentityToken", "No OpenIDConnect provider found")));
  const auto unknown = bench.assume_with_token();
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().detail, HasSubstr("check the token file"));
  EXPECT_THAT(unknown.error().detail, Not(HasSubstr("ey.J")));
  EXPECT_EQ(bench.client.seen().size(), 2u);
}

// TM-05
TEST(StsClient, SignsByAwssClockWhenOursIsWrong) {
  Bench bench;
  bench.answers.push_back(
      ScriptedClient::answer(403, error_answer("SignatureDoesNotMatch", "Signature expired: ..."),
                             {{"Date", "Tue, 24 Nov 2026 05:00:00 GMT"}}));
  ASSERT_TRUE(bench.assume());
  EXPECT_EQ(bench.client.seen().at(0).header("X-Amz-Date"), "20261124T040000Z");
  EXPECT_EQ(bench.client.seen().at(1).header("X-Amz-Date"), "20261124T050000Z");
}

TEST(StsClient, TellsOfASkewThatPersists) {
  Bench bench;
  for (int i = 0; i < 3; ++i) {
    bench.answers.push_back(
        ScriptedClient::answer(403, error_answer("SignatureDoesNotMatch", "Signature expired: ..."),
                               {{"Date", "Tue, 24 Nov 2026 03:00:00 GMT"}}));
  }
  const auto refused = bench.assume();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_THAT(refused.error().detail, HasSubstr("clock is 3600 s ahead of AWS's"));
  EXPECT_EQ(bench.client.seen().size(), 2u);
}

TEST(StsClient, NeedsARegion) {
  Bench bench;
  bench.environment.set("AWS_REGION", "");
  const auto credentials = bench.assume();
  ASSERT_FALSE(credentials);
  EXPECT_THAT(credentials.error().detail, HasSubstr("set AWS_REGION"));
  EXPECT_TRUE(bench.client.seen().empty());
}

}  // namespace
}  // namespace gatehouse::aws
