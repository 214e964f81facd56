// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/issuer_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gatehouse::oauth {
namespace {

using ::testing::ElementsAre;

TEST(IssuerMetadata, LiesWhereTheStandardsSay) {
  EXPECT_THAT(issuer_metadata_urls("https://acme.okta.example"),
              ElementsAre("https://acme.okta.example/.well-known/openid-configuration",
                          "https://acme.okta.example/.well-known/oauth-authorization-server"));
  EXPECT_THAT(
      issuer_metadata_urls("https://idp.example/realms/acme/"),
      ElementsAre("https://idp.example/realms/acme/.well-known/openid-configuration",
                  "https://idp.example/.well-known/oauth-authorization-server/realms/acme"));
}

TEST(IssuerMetadata, OnlySuchNamesAreIssuers) {
  for (const char* good :
       {"https://acme.okta.example", "https://idp.internal:8443/realms/acme",
        "https://tenant.auth0.example/", "http://127.0.0.1:9000", "http://localhost:9000"}) {
    EXPECT_EQ(issuer_fault(good), std::nullopt) << good;
  }
  for (const char* bad :
       {"acme.okta.example", "http://idp.example", "ftp://idp.example", "https://user@idp.example",
        "https://idp.example?x=1", "https://idp.example#x", "https://"}) {
    EXPECT_NE(issuer_fault(bad), std::nullopt) << bad;
  }
}

TEST(IssuerMetadata, NamesKeysAtItsOwnOriginOrInPublic) {
  const std::string url = "https://idp.internal:8443/.well-known/openid-configuration";
  const auto with_keys_at = [&url](const std::string& keys) {
    return parse_issuer_metadata(
        url, R"({"issuer":"https://idp.internal:8443","jwks_uri":")" + keys + "\"}");
  };
  // Where a name leads is judged when it is fetched.
  for (const char* good : {"https://idp.internal:8443/keys", "https://keys.example/acme",
                           "https://idp.internal/keys"}) {
    const auto metadata = with_keys_at(good);
    ASSERT_TRUE(metadata) << good;
    EXPECT_EQ(metadata->issuer, "https://idp.internal:8443");
    EXPECT_EQ(metadata->jwks_uri, good);
  }
  for (const char* bad :
       {"https://idp.internal:9443/keys", "http://idp.internal:8443/keys", "https://10.0.0.1/keys",
        "https://localhost/keys", "http://169.254.169.254/latest", "keys"}) {
    EXPECT_FALSE(with_keys_at(bad)) << bad;
  }
}

TEST(IssuerMetadata, IsThatOfTheIssuerWhoseAddressItHas) {
  const std::string url = "https://idp.example/.well-known/openid-configuration";
  const std::string keys = R"("jwks_uri":"https://idp.example/keys")";
  EXPECT_TRUE(parse_issuer_metadata(url, R"({"issuer":"https://idp.example",)" + keys + "}"));
  for (const std::string& bad :
       {R"({"issuer":"https://other.example",)" + keys + "}",
        R"({"issuer":"https://idp.example/realm",)" + keys + "}", "{" + keys + "}",
        std::string(R"({"issuer":"https://idp.example"})"), std::string("[]"), std::string(),
        "{\"x\":\"" + std::string(65 * 1024, 'a') + "\"}"}) {
    EXPECT_FALSE(parse_issuer_metadata(url, bad)) << bad.substr(0, 100);
  }
}

}  // namespace
}  // namespace gatehouse::oauth
