// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gatehouse/aws/time_text.h"
#include "gatehouse/base/json.h"

namespace gatehouse::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string read_vectors() {
  const char* const root = std::getenv("GATEHOUSE_SOURCE_DIR");
  if (root == nullptr) return "";
  std::ifstream file(std::string(root) + "/src/gatehouse/aws/testdata/sigv4_vectors.json");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

base::SystemTime time_of(std::string_view amz) {
  const std::string text(amz);
  const auto time =
      parse_timestamp(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 5) + ":" +
                      text.substr(11, 2) + ":" + text.substr(13));
  EXPECT_TRUE(time) << text;
  return time.value_or(base::SystemTime());
}

std::string value_of(const std::vector<http::Header>& headers, std::string_view name) {
  for (const auto& header : headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

std::vector<std::string> names_of(const std::vector<http::Header>& headers) {
  std::vector<std::string> names;
  for (const auto& header : headers) names.push_back(header.name);
  return names;
}

Credentials example_credentials() {
  Credentials credentials;
  credentials.access_key_id = "AKIDEXAMPLE";
  credentials.secret_access_key = base::Secret::copy_of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  return credentials;
}

SigningScope example_scope() {
  SigningScope scope;
  scope.region = "us-east-1";
  scope.service = "service";
  return scope;
}

// ST-14: the example get-vanilla as AWS has published it.
TEST(Sigv4, GivesThePublishedSignature) {
  SigningRequest request;
  request.method = "GET";
  request.host = "example.amazonaws.com";
  const auto at = time_of("20150830T123600Z");

  EXPECT_EQ(canonical_request(request, example_credentials(), at),
            "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
            "host;x-amz-date\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const auto headers = sign(request, example_scope(), example_credentials(), at);

  EXPECT_THAT(names_of(headers), ElementsAre("X-Amz-Date", "Authorization"));
  EXPECT_EQ(value_of(headers, "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

// ST-14: test/fakes/aws/sigv4_vectors.py has computed these with botocore.
TEST(Sigv4, AgreesWithBotocore) {
  const std::string text = read_vectors();
  if (text.empty()) GTEST_SKIP() << "GATEHOUSE_SOURCE_DIR is not set; ctest sets it";
  const auto document = base::JsonDocument::parse(text);
  ASSERT_TRUE(document) << document.error().detail;
  const auto cases = document->root().elements();
  ASSERT_GE(cases.size(), 60u);
  for (const auto& one : cases) {
    SCOPED_TRACE(*one.find_string("name"));
    SigningRequest request;
    request.method = *one.find_string("method");
    request.host = *one.find_string("host");
    request.path = *one.find_string("path");
    request.query = *one.find_string("query");
    request.body = *one.find_string("body");
    for (const auto& pair : one.find("headers")->elements()) {
      const auto parts = pair.elements();
      request.headers.push_back(
          {std::string(*parts[0].as_string()), std::string(*parts[1].as_string())});
    }
    Credentials credentials;
    credentials.access_key_id = *one.find_string("access_key");
    credentials.secret_access_key = base::Secret::copy_of(*one.find_string("secret"));
    credentials.session_token = base::Secret::copy_of(*one.find_string("token"));
    SigningScope scope;
    scope.region = *one.find_string("region");
    scope.service = *one.find_string("service");
    const auto at = time_of(*one.find_string("date"));

    EXPECT_EQ(canonical_request(request, credentials, at), *one.find_string("canonical_request"));
    const auto headers = sign(request, scope, credentials, at);
    EXPECT_EQ(value_of(headers, "Authorization"), *one.find_string("authorization"));
    EXPECT_EQ(value_of(headers, "X-Amz-Date"), *one.find_string("date"));
    EXPECT_EQ(value_of(headers, "X-Amz-Security-Token"), *one.find_string("token"));
  }
}

TEST(Sigv4, SendsAndSignsTheSessionToken) {
  SigningRequest request;
  request.host = "example.amazonaws.com";
  Credentials credentials = example_credentials();
  credentials.session_token = base::Secret::copy_of("to/ke+n==");

  const auto headers = sign(request, example_scope(), credentials, time_of("20261124T040000Z"));

  EXPECT_EQ(value_of(headers, "X-Amz-Security-Token"), "to/ke+n==");
  EXPECT_THAT(value_of(headers, "Authorization"),
              HasSubstr("SignedHeaders=host;x-amz-date;x-amz-security-token"));
  EXPECT_THAT(value_of(headers, "Authorization"), Not(HasSubstr("wJalr")));
  EXPECT_THAT(value_of(headers, "Authorization"), Not(HasSubstr("to/ke+n")));
}

}  // namespace
}  // namespace gatehouse::aws
