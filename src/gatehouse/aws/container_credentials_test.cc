// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/container_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/aws/source_bench.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using http::ScriptedClient;
using http::SeenRequest;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kAnswer =
    R"({"RoleArn":"arn:aws:iam::1:role/task","AccessKeyId":"ASIA1","SecretAccessKey":"s3cret",)"
    R"("Token":"t/k+n==","Expiration":"2026-11-24T10:00:00Z"})";

struct Bench : SourceBench {
  Bench() {
    client.set_script([](const SeenRequest&) { return ScriptedClient::answer(200, kAnswer); });
  }
  base::Result<Credentials> fetch_from_container() {
    const auto source = container_credentials(context());
    return fetch(*source);
  }
};

TEST(ContainerCredentials, AsksTheTaskEndpoint) {
  Bench bench;
  bench.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1-2");
  const auto credentials = bench.fetch_from_container();
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(bench.client.seen().at(0).url, "http://169.254.170.2/v2/credentials/1-2");
  EXPECT_EQ(bench.client.seen().at(0).header("Authorization"), "");
  EXPECT_EQ(credentials->access_key_id, "ASIA1");
  EXPECT_EQ(credentials->secret_access_key.reveal(), "s3cret");
  EXPECT_EQ(credentials->session_token.reveal(), "t/k+n==");
  EXPECT_EQ(credentials->expires, base::from_epoch_seconds(1'795'514'400));
  EXPECT_EQ(credentials->source, "container");
}

TEST(ContainerCredentials, ReadsTheAuthorizationTokenAtEveryRenewal) {
  Bench bench;
  const auto path = bench.directory.write("token", "first\n");
  bench.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/x")
      .set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of the environment")
      .set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
  const auto source = container_credentials(bench.context());
  ASSERT_TRUE(bench.fetch(*source));
  bench.directory.write("token", "second");
  ASSERT_TRUE(bench.fetch(*source));
  EXPECT_EQ(bench.client.seen().at(0).header("Authorization"), "first");
  EXPECT_EQ(bench.client.seen().at(1).header("Authorization"), "second");
}

TEST(ContainerCredentials, AsksOnlyAddressesThatAreHttpsOrNear) {
  const struct {
    const char* url;
    bool allowed;
  } rows[] = {{"https://any.example/x", true},
              {"http://localhost:1/x", true},
              {"http://127.0.0.9/x", true},
              {"http://[::1]/x", true},
              {"http://169.254.170.2/x", true},
              {"http://169.254.170.23/x", true},
              {"http://[fd00:ec2::23]/x", true},
              {"http://169.254.170.22/x", false},
              {"http://169.254.169.254/x", false},
              {"http://any.example/x", false},
              {"http://169.254.170.2@any.example/x", false},
              {"http://169.254.170.2.any.example/x", false},
              {"ftp://localhost/x", false},
              {"nonsense", false}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.url);
    Bench bench;
    bench.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", row.url);
    const auto credentials = bench.fetch_from_container();
    EXPECT_EQ(credentials.has_value(), row.allowed);
    EXPECT_EQ(bench.client.seen().size(), row.allowed ? 1u : 0u);
    if (!credentials) {
      EXPECT_EQ(credentials.error().code, Errc::invalid_argument);
      EXPECT_THAT(credentials.error().detail, HasSubstr("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    }
  }
}

TEST(ContainerCredentials, ARelativeUriNamesNoOtherHost) {
  Bench bench;
  bench.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ".evil.example/x");
  const auto credentials = bench.fetch_from_container();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, Errc::invalid_argument);
  EXPECT_TRUE(bench.client.seen().empty());
}

TEST(ContainerCredentials, NothingConfiguredIsNotFound) {
  Bench bench;
  const auto credentials = bench.fetch_from_container();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, Errc::not_found);
}

TEST(ContainerCredentials, RefusesATokenOfSeveralLines) {
  Bench bench;
  bench.environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/x");
  for (const char* content : {"a\nb", "", "\n"}) {
    bench.environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                          bench.directory.write("token", content));
    const auto credentials = bench.fetch_from_container();
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, Errc::invalid_argument);
    EXPECT_THAT(credentials.error().detail, HasSubstr("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
  }
}

// ST-12
TEST(ContainerCredentials, AsksAgainWhenTheEndpointStumbles) {
  Bench bench;
  bench.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
  int asked = 0;
  bench.client.set_script([&](const SeenRequest&) {
    ++asked;
    if (asked == 1) return ScriptedClient::failure(Errc::timeout);
    if (asked == 2) return ScriptedClient::answer(503, "");
    return ScriptedClient::answer(200, kAnswer);
  });
  EXPECT_TRUE(bench.fetch_from_container());
  EXPECT_EQ(bench.pauses.size(), 2u);
}

TEST(ContainerCredentials, SaysWhatTheEndpointDid) {
  const struct {
    int status;
    const char* body;
    Errc code;
    const char* detail;
  } rows[] = {
      {500, "", Errc::unavailable, "answers 500"},
      {400, "{}", Errc::denied, "answers 400"},
      {403, "", Errc::denied, "authorization token"},
      {200, "<html>", Errc::unavailable, "no JSON object"},
      {200, R"({"AccessKeyId":"A","SecretAccessKey":"s3cret","Token":"t"})", Errc::unavailable,
       "Expiration is missing"},
      {200, R"({"AccessKeyId":"","SecretAccessKey":"s3cret","Expiration":"2026-11-24T10:00:00Z"})",
       Errc::unavailable, "the access key id is empty"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.detail);
    Bench bench;
    bench.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
    bench.client.set_script(
        [&](const SeenRequest&) { return ScriptedClient::answer(row.status, row.body); });
    const auto credentials = bench.fetch_from_container();
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, row.code);
    EXPECT_THAT(credentials.error().detail, HasSubstr(row.detail));
    EXPECT_THAT(credentials.error().detail, Not(HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace gatehouse::aws
