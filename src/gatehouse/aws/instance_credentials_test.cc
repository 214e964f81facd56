// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/instance_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "gatehouse/aws/source_bench.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using http::Method;
using http::ScriptedClient;
using http::SeenRequest;
using ::testing::HasSubstr;

constexpr auto kAnswer =
    R"({"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIA1","SecretAccessKey":"s3cret",)"
    R"("Token":"tok","Expiration":"2026-11-24T10:00:00Z"})";
constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";

// What the service answers; status 0: nothing.
struct Reply {
  int status;
  const char* body;

  ScriptedClient::Answer answer() const {
    return status == 0 ? ScriptedClient::failure(Errc::unavailable)
                       : ScriptedClient::answer(status, body);
  }
};

// The metadata service of an instance whose parts can be switched.
struct Bench : SourceBench {
  Bench() {
    client.set_script([this](const SeenRequest& request) {
      if (request.method == Method::put) return token.answer();
      EXPECT_EQ(request.header("X-aws-ec2-metadata-token"), "imds-token");
      return (request.url.ends_with(kRoles) ? role : credentials).answer();
    });
  }
  base::Result<Credentials> fetch_from_instance() {
    const auto source = instance_credentials(context());
    return fetch(*source);
  }

  Reply token{200, "imds-token"};
  Reply role{200, "gatehouse-role\n"};
  Reply credentials{200, kAnswer};
};

TEST(InstanceCredentials, TakesTokenRoleAndCredentials) {
  Bench bench;
  const auto credentials = bench.fetch_from_instance();
  ASSERT_TRUE(credentials) << credentials.error().detail;
  EXPECT_EQ(credentials->access_key_id, "ASIA1");
  EXPECT_EQ(credentials->session_token.reveal(), "tok");
  EXPECT_EQ(credentials->source, "instance role gatehouse-role");
  const auto& seen = bench.client.seen();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].url, "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(seen[0].header("X-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_LE(seen[0].timeout, std::chrono::seconds(1));
  EXPECT_EQ(seen[2].url,
            "http://169.254.169.254/latest/meta-data/iam/security-credentials/gatehouse-role");
}

TEST(InstanceCredentials, IsElsewhereWhenTheEnvironmentSaysSo) {
  const struct {
    const char* variable;
    const char* value;
    const char* origin;
  } rows[] = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/",
               "http://127.0.0.1:1338/latest"},
              {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6", "http://[fd00:ec2::254]/latest"}};
  for (const auto& row : rows) {
    Bench bench;
    bench.environment.set(row.variable, row.value);
    ASSERT_TRUE(bench.fetch_from_instance());
    EXPECT_THAT(bench.client.seen().at(0).url, HasSubstr(row.origin));
  }
}

TEST(InstanceCredentials, AsksNothingWhenSwitchedOffOrAStranger) {
  const struct {
    const char* variable;
    const char* value;
    Errc code;
  } rows[] = {
      {"AWS_EC2_METADATA_DISABLED", "True", Errc::not_found},
      {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://metadata.example", Errc::invalid_argument},
      {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1/path", Errc::invalid_argument}};
  for (const auto& row : rows) {
    Bench bench;
    bench.environment.set(row.variable, row.value);
    const auto credentials = bench.fetch_from_instance();
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, row.code);
    EXPECT_TRUE(bench.client.seen().empty());
  }
}

// The HTTP client refuses plain http to hosts that it was not told of; that is a mistake of ours.
TEST(InstanceCredentials, ARefusedRequestIsNoMissingService) {
  Bench bench;
  bench.client.set_script(
      [](const SeenRequest&) { return ScriptedClient::failure(Errc::invalid_argument); });
  const auto credentials = bench.fetch_from_instance();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, Errc::invalid_argument);
}

TEST(InstanceCredentials, SaysWhatIsMissing) {
  const struct {
    const char* name;
    std::optional<Reply> token;
    std::optional<Reply> role;
    std::optional<Reply> credentials;
    Errc code;
    const char* detail;
  } rows[] = {
      {"no service", Reply{0, ""}, {}, {}, Errc::not_found, "does not answer"},
      {"version 1 only", Reply{403, ""}, {}, {}, Errc::not_found, "status 403"},
      {"nonsense token", Reply{200, "a b\r\nc"}, {}, {}, Errc::not_found, "no token"},
      {"no role", {}, Reply{404, ""}, {}, Errc::not_found, "attach an instance profile"},
      {"odd role", {}, Reply{200, "../x"}, {}, Errc::unavailable, "names no role"},
      {"role lost", {}, {}, Reply{404, ""}, Errc::unavailable, "answers 404"},
      {"failed", {}, {}, Reply{200, R"({"Code":"Failed"})"}, Errc::unavailable, "trust policy"},
      {"nonsense", {}, {}, Reply{200, "<html>"}, Errc::unavailable, "no JSON"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Bench bench;
    bench.token = row.token.value_or(bench.token);
    bench.role = row.role.value_or(bench.role);
    bench.credentials = row.credentials.value_or(bench.credentials);
    const auto credentials = bench.fetch_from_instance();
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, row.code);
    EXPECT_THAT(credentials.error().detail, HasSubstr(row.detail));
  }
}

}  // namespace
}  // namespace gatehouse::aws
