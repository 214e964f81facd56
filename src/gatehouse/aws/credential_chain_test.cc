// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/credential_chain.h"

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

struct Bench : SourceBench {
  std::unique_ptr<CredentialsSource> chain() {
    return make_credential_chain(environment.clone(), client, clock, random,
                                 [](std::chrono::milliseconds) { return no_time(); });
  }
  base::Result<Credentials> fetch_first() {
    const auto source = chain();
    return fetch(*source);
  }
};

std::string source_of(const base::Result<Credentials>& credentials) {
  return credentials ? credentials->source : credentials.error().detail;
}

constexpr auto kContainerAnswer =
    R"({"AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-24T10:00:00Z"})";

TEST(CredentialChain, TheFirstThatHasSomethingWins) {
  Bench bench;
  bench.client.set_script([](const SeenRequest& request) {
    if (request.url.ends_with("/container")) return ScriptedClient::answer(200, kContainerAnswer);
    return ScriptedClient::answer(
        200,
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<AccessKeyId>ASIA2</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
        "</SessionToken><Expiration>2026-11-24T05:00:00Z</Expiration></Credentials>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
  });
  bench.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/container");
  EXPECT_EQ(source_of(bench.fetch_first()), "container");
  bench.environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", bench.directory.write("token", "ey"))
      .set("AWS_ROLE_ARN", "arn:aws:iam::1:role/x");
  EXPECT_EQ(source_of(bench.fetch_first()), "web identity");
  bench.write_credentials("[default]\naws_access_key_id = A\naws_secret_access_key = s\n");
  EXPECT_EQ(source_of(bench.fetch_first()), "profile default");
  bench.environment.set("AWS_ACCESS_KEY_ID", "A").set("AWS_SECRET_ACCESS_KEY", "s");
  EXPECT_EQ(source_of(bench.fetch_first()), "environment");
}

TEST(CredentialChain, GivesTheKeysOfTheEnvironment) {
  Bench bench;
  bench.environment.set("AWS_ACCESS_KEY_ID", "AKIA1")
      .set("AWS_SECRET_ACCESS_KEY", "s/+")
      .set("AWS_SESSION_TOKEN", "t==");
  const auto credentials = bench.fetch_first();
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->access_key_id, "AKIA1");
  EXPECT_EQ(credentials->secret_access_key.reveal(), "s/+");
  EXPECT_EQ(credentials->session_token.reveal(), "t==");
}

// ST-11
TEST(CredentialChain, SaysWhereItLookedWhenThereIsNothing) {
  Bench bench;
  const auto credentials = bench.fetch_first();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, Errc::not_found);
  for (const char* part :
       {"Set AWS_ACCESS_KEY_ID", "profile default is neither in", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the metadata service does not answer"}) {
    EXPECT_THAT(credentials.error().detail, HasSubstr(part));
  }
}

TEST(CredentialChain, SomethingBrokenEndsTheSearch) {
  const struct {
    const char* variable;
    const char* value;
    const char* detail;
  } rows[] = {{"AWS_ACCESS_KEY_ID", "A", "AWS_SECRET_ACCESS_KEY is not"},
              {"AWS_SECRET_ACCESS_KEY", "s3cret", "AWS_ACCESS_KEY_ID is not"},
              {"AWS_PROFILE", "lost", "profile lost is neither in"},
              {"AWS_WEB_IDENTITY_TOKEN_FILE", "/x", "set AWS_ROLE_ARN"},
              {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://x/", "is refused"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.variable);
    Bench bench;
    bench.environment.set(row.variable, row.value);
    const auto credentials = bench.fetch_first();
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, Errc::invalid_argument);
    EXPECT_THAT(credentials.error().detail, HasSubstr(row.detail));
    EXPECT_THAT(credentials.error().detail, Not(HasSubstr("s3cret")));
    EXPECT_TRUE(bench.client.seen().empty());
  }
}

TEST(CredentialChain, RefusesKeysWithALineEnd) {
  Bench bench;
  bench.environment.set("AWS_ACCESS_KEY_ID", "A").set("AWS_SECRET_ACCESS_KEY", "s3cret\n");
  const auto credentials = bench.fetch_first();
  ASSERT_FALSE(credentials);
  EXPECT_THAT(credentials.error().detail, HasSubstr("line ends"));
  EXPECT_THAT(credentials.error().detail, Not(HasSubstr("s3cret")));
}

// ST-12: what has disappeared for a moment must not send the search elsewhere.
TEST(CredentialChain, TheWinnerIsTheOneThatRenews) {
  Bench bench;
  const auto chain = bench.chain();
  bench.write_credentials("[default]\naws_access_key_id = A\naws_secret_access_key = s\n");
  EXPECT_EQ(source_of(bench.fetch(*chain)), "profile default");
  bench.write_credentials("");
  const auto lost = bench.fetch(*chain);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Errc::unavailable);
  EXPECT_TRUE(bench.client.seen().empty());
}

}  // namespace
}  // namespace gatehouse::aws
