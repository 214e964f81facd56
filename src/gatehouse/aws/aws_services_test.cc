// SPDX-License-Identifier: Apache-2.0
//
// Against services that answer by HTTP, such as moto. Skipped unless GATEHOUSE_TEST_AWS_ENDPOINT
// names one, for instance:
//   python3 -m moto.server -H 127.0.0.1 -p 26000
//   GATEHOUSE_TEST_AWS_ENDPOINT=http://127.0.0.1:26000 gatehouse_aws_test
// With `curl -d 0 http://127.0.0.1:26000/moto-api/reset-auth` moto then checks every signature;
// GATEHOUSE_TEST_AWS_KEY and GATEHOUSE_TEST_AWS_SECRET name a user who may do everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>

#include "gatehouse/aws/credential_chain.h"
#include "gatehouse/aws/json_client.h"
#include "gatehouse/aws/sts_client.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/curl_client.h"

namespace gatehouse::aws {
namespace {

using ::testing::HasSubstr;

std::string variable(const char* name, const char* otherwise = "") {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

class AwsServices : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string url = variable("GATEHOUSE_TEST_AWS_ENDPOINT");
    if (url.empty()) GTEST_SKIP() << "GATEHOUSE_TEST_AWS_ENDPOINT is not set";
    environment_.set("AWS_ENDPOINT_URL", url)
        .set("AWS_REGION", "eu-central-1")
        .set("AWS_ACCESS_KEY_ID", variable("GATEHOUSE_TEST_AWS_KEY", "AKIAIOSFODNN7EXAMPLE"))
        .set("AWS_SECRET_ACCESS_KEY", variable("GATEHOUSE_TEST_AWS_SECRET", "a/secret+key"));
  }

  std::unique_ptr<CachedCredentials> cached() {
    return std::make_unique<CachedCredentials>(
        make_credential_chain(environment_.clone(), client_, clock_, random_), clock_, log_);
  }

  AwsResult<base::JsonDocument> call(Service service, std::string_view operation,
                                     const std::string& body) {
    const auto credentials = cached();
    const auto endpoint = endpoint_of(service, "eu-central-1", environment_);
    JsonClient json(service, *endpoint, client_, *credentials, JsonClientOptions(), clock_, random_,
                    log_);
    const auto secret = base::Secret::copy_of(body);
    return http::await_for_test(loop_, json.call(operation, secret));
  }

  static std::string member(const AwsResult<base::JsonDocument>& answer, std::string_view name) {
    EXPECT_TRUE(answer) << to_error("call", answer.error()).detail;
    if (!answer) return "";
    return std::string(answer->root().find_string(name).value_or(""));
  }

  boost::asio::io_context loop_{1};
  base::SystemClock clock_;
  base::SystemRandom random_;
  telemetry::MemoryLog log_;
  http::CurlClient client_{loop_, http::CurlClientOptions()};
  Environment environment_;
};

TEST_F(AwsServices, DynamodbAnswers) {
  const auto tables = call(Service::dynamodb, "ListTables", "{}");
  ASSERT_TRUE(tables) << to_error("ListTables", tables.error()).detail << log_.text();
  EXPECT_TRUE(tables->root().find("TableNames"));
  const auto absent = call(Service::dynamodb, "DescribeTable", R"({"TableName":"no-such-table"})");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, base::Errc::not_found);
  EXPECT_EQ(absent.error().type, "ResourceNotFoundException");
}

TEST_F(AwsServices, KmsMakesAndOpensDataKeys) {
  const auto made = call(Service::kms, "CreateKey", "{}");
  ASSERT_TRUE(made) << to_error("CreateKey", made.error()).detail << log_.text();
  const std::string id(*made->root().find("KeyMetadata")->find_string("KeyId"));
  const auto described = call(Service::kms, "DescribeKey", R"({"KeyId":")" + id + R"("})");
  ASSERT_TRUE(described) << to_error("DescribeKey", described.error()).detail;

  const std::string context = R"("EncryptionContext":{"app":"gatehouse","purpose":"\u00fc +/="})";
  const auto key = call(Service::kms, "GenerateDataKey",
                        R"({"KeyId":")" + id + R"(","KeySpec":"AES_256",)" + context + "}");
  const auto opened =
      call(Service::kms, "Decrypt",
           R"({"CiphertextBlob":")" + member(key, "CiphertextBlob") + R"(",)" + context + "}");
  EXPECT_FALSE(member(key, "Plaintext").empty());
  EXPECT_EQ(member(key, "Plaintext"), member(opened, "Plaintext"));
  const auto refused = call(Service::kms, "Decrypt",
                            R"({"CiphertextBlob":")" + member(key, "CiphertextBlob") + R"("})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().type, "InvalidCiphertextException");
}

TEST_F(AwsServices, StsGivesARole) {
  const CredentialsContext context{std::make_shared<const Environment>(environment_.clone()),
                                   client_, clock_, random_, base::pause_on_timer()};
  StsClient sts(context);
  RoleRequest role;
  role.role_arn = "arn:aws:iam::123456789012:role/gatehouse-test";
  const auto cache = cached();
  auto source = http::await_for_test(loop_, cache->get());
  ASSERT_TRUE(source);
  const auto assumed = http::await_for_test(loop_, sts.assume_role(role, *source));
  ASSERT_TRUE(assumed) << assumed.error().detail;
  EXPECT_FALSE(assumed->session_token.empty());
  ASSERT_TRUE(assumed->expires);
  EXPECT_GT(*assumed->expires, clock_.now());
}

// ST-14: only where signatures are checked.
TEST_F(AwsServices, RefuseAnotherSecret) {
  if (variable("GATEHOUSE_TEST_AWS_SECRET").empty()) {
    GTEST_SKIP() << "GATEHOUSE_TEST_AWS_SECRET is not set: signatures may not be checked";
  }
  environment_.set("AWS_SECRET_ACCESS_KEY", "another-secret");
  const auto tables = call(Service::dynamodb, "ListTables", "{}");
  ASSERT_FALSE(tables);
  EXPECT_EQ(tables.error().code, base::Errc::denied) << tables.error().message;
}

}  // namespace
}  // namespace gatehouse::aws
