// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/process_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/aws/source_bench.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using ::testing::HasSubstr;
using ::testing::Not;

base::Result<Credentials> credentials_of(const std::string& command) {
  SourceBench bench;
  const auto source = process_credentials(command, "reports");
  return bench.fetch(*source);
}

TEST(ProcessCredentials, ReadsVersion1) {
  const auto credentials = credentials_of(
      R"(echo '{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"s3cret","SessionToken":"tok","Expiration":"2026-11-24T05:00:00Z"}')");
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(credentials->access_key_id, "AKIA1");
  EXPECT_EQ(credentials->secret_access_key.reveal(), "s3cret");
  EXPECT_EQ(credentials->session_token.reveal(), "tok");
  EXPECT_EQ(credentials->expires, base::from_epoch_seconds(1'795'496'400));
  EXPECT_EQ(credentials->source, "credential_process of profile reports");
}

TEST(ProcessCredentials, TakesLongLivedKeys) {
  const auto credentials =
      credentials_of(R"(echo '{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"s"}')");
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(credentials->expires, std::nullopt);
  EXPECT_TRUE(credentials->session_token.empty());
}

TEST(ProcessCredentials, SaysWhatIsWrong) {
  const struct {
    const char* command;
    const char* detail;
  } rows[] = {
      {"echo nothing", "no JSON object"},
      {"echo '[1]'", "no JSON object"},
      {R"(echo '{"Version":2,"AccessKeyId":"A","SecretAccessKey":"s"}')", "\"Version\": 1"},
      {R"(echo '{"Version":1,"SecretAccessKey":"s3cret"}')", "AccessKeyId is missing"},
      {R"(echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3 cret"}')",
       "the secret access key holds spaces"},
      {R"(echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s3cret","Expiration":"soon"}')",
       "Expiration is no timestamp"},
      {"echo 'open", "a quote stays open"},
      {"false", "failed (exit status 1)"}};
  for (const auto& row : rows) {
    const auto credentials = credentials_of(row.command);
    ASSERT_FALSE(credentials) << row.command;
    EXPECT_EQ(credentials.error().code, Errc::invalid_argument);
    EXPECT_THAT(credentials.error().detail, HasSubstr("credential_process of profile reports"));
    EXPECT_THAT(credentials.error().detail, HasSubstr(row.detail));
    EXPECT_THAT(credentials.error().detail, Not(HasSubstr("cret\""))) << "no secret in an error";
  }
}

}  // namespace
}  // namespace gatehouse::aws
