// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/aws/source_bench.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using ::testing::HasSubstr;

std::string url_of(Service service, const std::string& region, const Environment& environment) {
  const auto endpoint = endpoint_of(service, region, environment);
  return endpoint ? endpoint->url : endpoint.error().detail;
}

TEST(Environment, EmptyIsUnset) {
  Environment environment;
  environment.set("AWS_PROFILE", "").set("AWS_REGION", "x");
  EXPECT_EQ(environment.find("AWS_PROFILE"), std::nullopt);
  EXPECT_EQ(environment.find("AWS_NOTHING"), std::nullopt);
  EXPECT_EQ(environment.find("AWS_REGION"), "x");
  EXPECT_TRUE(environment.secret("AWS_NOTHING").empty());
  EXPECT_EQ(environment.clone().find("AWS_REGION"), "x");
}

TEST(Environment, TakesFromTheProcessWhatConcernsAws) {
  ASSERT_EQ(::setenv("AWS_GATEHOUSE_TEST", "a=b", 1), 0);
  ASSERT_EQ(::setenv("GATEHOUSE_TEST_OTHER", "x", 1), 0);
  const Environment environment = Environment::of_process();
  EXPECT_EQ(environment.find("AWS_GATEHOUSE_TEST"), "a=b");
  EXPECT_EQ(environment.find("GATEHOUSE_TEST_OTHER"), std::nullopt);
  ::unsetenv("AWS_GATEHOUSE_TEST");
  ::unsetenv("GATEHOUSE_TEST_OTHER");
}

TEST(EndpointOf, IsAwssOwnByDefault) {
  const Environment none;
  EXPECT_EQ(url_of(Service::dynamodb, "eu-central-1", none),
            "https://dynamodb.eu-central-1.amazonaws.com");
  EXPECT_EQ(url_of(Service::kms, "us-gov-west-1", none), "https://kms.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(url_of(Service::sts, "cn-north-1", none), "https://sts.cn-north-1.amazonaws.com.cn");
}

TEST(EndpointOf, FollowsTheOrderOfTheSdks) {
  SourceBench bench;
  bench.write_config(
      "[profile local]\nservices = here\nendpoint_url = https://profile:1\n"
      "[services here]\ndynamodb =\n  endpoint_url = http://localhost:2/\n");
  Environment& environment = bench.environment;
  environment.set("AWS_PROFILE", "local");
  EXPECT_EQ(url_of(Service::dynamodb, "eu-west-1", environment), "http://localhost:2");
  EXPECT_EQ(url_of(Service::kms, "eu-west-1", environment), "https://profile:1");
  environment.set("AWS_ENDPOINT_URL", "https://all:3");
  EXPECT_EQ(url_of(Service::dynamodb, "eu-west-1", environment), "https://all:3");
  environment.set("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:4");
  EXPECT_EQ(url_of(Service::dynamodb, "eu-west-1", environment), "http://127.0.0.1:4");
  EXPECT_EQ(url_of(Service::kms, "eu-west-1", environment), "https://all:3");
  environment.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
  EXPECT_EQ(url_of(Service::kms, "eu-west-1", environment), "https://kms.eu-west-1.amazonaws.com");
}

TEST(EndpointOf, RefusesWhatIsNoSafeOrigin) {
  for (const char* url :
       {"http://dynamodb.example", "http://169.254.170.2", "ftp://localhost", "localhost:8000",
        "https://user@host", "https://host/path", "https://host?x", "https://host#x", "nonsense"}) {
    SCOPED_TRACE(url);
    Environment environment;
    environment.set("AWS_ENDPOINT_URL_KMS", url);
    const auto endpoint = endpoint_of(Service::kms, "eu-west-1", environment);
    ASSERT_FALSE(endpoint);
    EXPECT_EQ(endpoint.error().code, Errc::invalid_argument);
    EXPECT_THAT(endpoint.error().detail, HasSubstr("AWS_ENDPOINT_URL_KMS is refused"));
  }
}

// ST-11: a region becomes part of a host name.
TEST(EndpointOf, RefusesWhatIsNoRegion) {
  for (const char* region : {"", "eu central", "a.evil.example/", "EU-WEST-1", "-a", "a-",
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    const auto endpoint = endpoint_of(Service::kms, region, Environment());
    ASSERT_FALSE(endpoint) << region;
    EXPECT_THAT(endpoint.error().detail, HasSubstr("set AWS_REGION"));
  }
}

TEST(RegionOf, FollowsTheOrderOfTheSdks) {
  SourceBench bench;
  bench.write_config("[default]\nregion = of-default\n[profile x]\nregion = of-x\n");
  Environment environment;
  const auto none = region_of(environment);
  environment.set("HOME", bench.directory.path());
  const auto of_default = region_of(environment);
  environment.set("AWS_PROFILE", "x");
  const auto of_profile = region_of(environment);
  environment.set("AWS_DEFAULT_REGION", "of-variable");
  const auto of_variable = region_of(environment);
  environment.set("AWS_REGION", "first");
  const auto first = region_of(environment);

  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
  EXPECT_THAT(none.error().detail, HasSubstr("set AWS_REGION"));
  EXPECT_EQ(*of_default, "of-default");
  EXPECT_EQ(*of_profile, "of-x");
  EXPECT_EQ(*of_variable, "of-variable");
  EXPECT_EQ(*first, "first");
}

}  // namespace
}  // namespace gatehouse::aws
