// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/profile_credentials.h"

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

constexpr auto kRole = "role_arn = arn:aws:iam::1:role/x\n";

struct Bench : SourceBench {
  Bench() {
    client.set_script([this](const SeenRequest& request) {
      const std::string action = request.body.find("WebIdentity") != std::string::npos
                                     ? "AssumeRoleWithWebIdentity"
                                     : "AssumeRole";
      return ScriptedClient::answer(
          200, "<" + action + "Response><" + action + "Result><Credentials><AccessKeyId>ASIA" +
                   std::to_string(++roles) +
                   "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
                   "</SessionToken><Expiration>2026-11-24T05:00:00Z</Expiration></Credentials></" +
                   action + "Result></" + action + "Response>");
    });
  }
  base::Result<Credentials> fetch_profile(const char* name = "x") {
    if (name != nullptr) environment.set("AWS_PROFILE", name);
    const auto source = profile_credentials(context());
    return fetch(*source);
  }
  std::string signer_of(std::size_t request) const {
    const std::string header(client.seen().at(request).header("Authorization"));
    const std::size_t start = header.find("Credential=") + 11;
    return header.substr(start, header.find('/') - start);
  }

  int roles = 0;
};

TEST(ProfileCredentials, GivesKeysOfTheFiles) {
  Bench bench;
  bench.write_credentials(
      "[x]\naws_access_key_id = AKIA1\naws_secret_access_key = s/+=\naws_session_token = t==\n");
  const auto credentials = bench.fetch_profile();
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(credentials->access_key_id, "AKIA1");
  EXPECT_EQ(credentials->secret_access_key.reveal(), "s/+=");
  EXPECT_EQ(credentials->session_token.reveal(), "t==");
  EXPECT_EQ(credentials->source, "profile x");
  EXPECT_EQ(credentials->expires, std::nullopt);
}

TEST(ProfileCredentials, TakesARoleThroughOthers) {
  Bench bench;
  bench.write_config(std::string("[profile x]\nsource_profile = middle\nrole_session_name = me\n"
                                 "external_id = e\nduration_seconds = 900\n") +
                     kRole + "[profile middle]\nsource_profile = keys\n" + kRole);
  bench.write_credentials("[keys]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
  const auto credentials = bench.fetch_profile();
  ASSERT_TRUE(credentials) << credentials.error().detail;
  ASSERT_EQ(bench.client.seen().size(), 2u);
  EXPECT_EQ(bench.signer_of(0), "AKIA1");
  EXPECT_EQ(bench.signer_of(1), "ASIA1");
  EXPECT_EQ(bench.client.seen()[1].header("X-Amz-Security-Token"), "t");
  EXPECT_THAT(bench.client.seen()[1].body,
              HasSubstr("RoleSessionName=me&DurationSeconds=900&ExternalId=e"));
  EXPECT_EQ(credentials->access_key_id, "ASIA2");
  EXPECT_EQ(credentials->source, "role of profile x");
}

TEST(ProfileCredentials, TakesARoleWithItsOwnKeys) {
  Bench bench;
  bench.write_config(std::string("[profile x]\nsource_profile = x\naws_access_key_id = AKIA1\n"
                                 "aws_secret_access_key = s\n") +
                     kRole);
  const auto credentials = bench.fetch_profile();
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(bench.signer_of(0), "AKIA1");
}

TEST(ProfileCredentials, TakesARoleFromANamedPlace) {
  Bench bench;
  bench.environment.set("AWS_ACCESS_KEY_ID", "AKIA9").set("AWS_SECRET_ACCESS_KEY", "s");
  bench.write_config(std::string("[profile x]\ncredential_source = Environment\n") + kRole);
  ASSERT_TRUE(bench.fetch_profile());
  EXPECT_EQ(bench.signer_of(0), "AKIA9");
}

TEST(ProfileCredentials, TakesARoleByWebIdentity) {
  Bench bench;
  const auto token = bench.directory.write("token", "ey.token\n");
  bench.write_config(std::string("[profile x]\nweb_identity_token_file = ") + token + "\n" + kRole);
  const auto credentials = bench.fetch_profile();
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_THAT(bench.client.seen().at(0).body, HasSubstr("WebIdentityToken=ey.token"));
}

TEST(ProfileCredentials, RunsTheCredentialProcess) {
  Bench bench;
  bench.write_config(
      "[default]\ncredential_process = echo "
      R"('{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"s"}')"
      "\n");
  const auto credentials = bench.fetch_profile(nullptr);
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(credentials->access_key_id, "AKIA1");
}

TEST(ProfileCredentials, ReadsTheFilesAgainAtEveryRenewal) {
  Bench bench;
  bench.environment.set("AWS_PROFILE", "x");
  const auto source = profile_credentials(bench.context());
  bench.write_credentials("[x]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n");
  const auto first = bench.fetch(*source);
  bench.write_credentials("[x]\naws_access_key_id = AKIA2\naws_secret_access_key = s\n");
  const auto second = bench.fetch(*source);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->access_key_id, "AKIA1");
  EXPECT_EQ(second->access_key_id, "AKIA2");
}

TEST(ProfileCredentials, NoProfileAtAllIsNotFound) {
  Bench bench;
  const auto nothing = bench.fetch_profile(nullptr);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::not_found);
  bench.write_config("[profile x]\nregion = eu-west-1\n");
  const auto region_only = bench.fetch_profile();
  ASSERT_FALSE(region_only);
  EXPECT_EQ(region_only.error().code, Errc::not_found) << "another source may have credentials";
}

TEST(ProfileCredentials, FollowsNoLongChain) {
  Bench bench;
  std::string config;
  for (int i = 0; i < 9; ++i) {
    config += "[profile p" + std::to_string(i) + "]\nsource_profile = p" + std::to_string(i + 1) +
              "\n" + kRole;
  }
  bench.write_config(config);
  const auto credentials = bench.fetch_profile("p0");
  ASSERT_FALSE(credentials);
  EXPECT_THAT(credentials.error().detail, HasSubstr("too many profiles: p0 -> p1"));
}

TEST(ProfileCredentials, SaysWhatIsWrongWithAProfile) {
  const std::string role = kRole;
  const struct {
    const char* name;
    std::string config;
    const char* detail;
  } rows[] = {
      {"absent", "[default]\n", "profile x is neither in"},
      {"half a key", "[profile x]\naws_access_key_id = A\n", "add aws_secret_access_key"},
      {"other half", "[profile x]\naws_secret_access_key = s3cret\n", "add aws_access_key_id"},
      {"spaces", "[profile x]\naws_access_key_id = A\naws_secret_access_key = s3 cret\n",
       "the secret access key holds spaces"},
      {"no source", "[profile x]\n" + role, "exactly one of source_profile and credential_source"},
      {"both sources", "[profile x]\nsource_profile = y\ncredential_source = Environment\n" + role,
       "exactly one of"},
      {"unknown place", "[profile x]\ncredential_source = Moon\n" + role, "EcsContainer"},
      {"empty place", "[profile x]\ncredential_source = Environment\n" + role,
       "AWS_ACCESS_KEY_ID is not set"},
      {"lost source", "[profile x]\nsource_profile = y\n" + role, "profile y is neither in"},
      {"source without", "[profile x]\nsource_profile = y\n" + role + "[profile y]\nregion = z\n",
       "profile y names no credentials"},
      {"itself", "[profile x]\nsource_profile = x\n" + role, "in a circle: x -> x"},
      {"circle",
       "[profile x]\nsource_profile = y\n" + role + "[profile y]\nsource_profile = x\n" + role,
       "in a circle: x -> y -> x"},
      {"no arn", "[profile x]\nrole_arn = reports\nsource_profile = x\n", "is no ARN"},
      {"duration", "[profile x]\nduration_seconds = 60\nsource_profile = x\n" + role,
       "900 to 43200"},
      {"second factor", "[profile x]\nmfa_serial = arn:aws:iam::1:mfa/me\n" + role, "mfa_serial"},
      {"sign-on", "[profile x]\nsso_session = corp\n", "aws configure export-credentials"},
      {"no token", "[profile x]\nweb_identity_token_file = /nowhere/token\n" + role,
       "/nowhere/token cannot be read"},
      {"odd file", "[profile x\n", "config line 1: a section's name ends with ]"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Bench bench;
    bench.write_config(row.config);
    const auto credentials = bench.fetch_profile();
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, Errc::invalid_argument);
    EXPECT_THAT(credentials.error().detail, HasSubstr(row.detail));
    EXPECT_THAT(credentials.error().detail, Not(HasSubstr("s3")));
    EXPECT_TRUE(bench.client.seen().empty());
  }
}

}  // namespace
}  // namespace gatehouse::aws
