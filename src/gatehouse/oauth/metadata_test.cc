// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/metadata.h"

#include <gtest/gtest.h>

#include "gatehouse/base/json.h"

namespace gatehouse::oauth {
namespace {

AuthorizationServerSettings settings() {
  AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  settings.scopes_supported = {"workspace.read", "workspace.write"};
  return settings;
}

TEST(Metadata, NamesTheResourcePeopleType) {  // MD-03
  const auto mcp =
      base::JsonDocument::parse(protected_resource_metadata(settings(), Endpoint::mcp));
  const auto sse =
      base::JsonDocument::parse(protected_resource_metadata(settings(), Endpoint::sse));
  ASSERT_TRUE(mcp && sse);
  EXPECT_EQ(mcp->root().find_string("resource"), "https://gate.example/mcp");
  EXPECT_EQ(sse->root().find_string("resource"), "https://gate.example/sse");
  EXPECT_EQ(mcp->root().find("authorization_servers")->to_text(), R"(["https://gate.example"])");
  EXPECT_EQ(mcp->root().find("bearer_methods_supported")->to_text(), R"(["header"])");
  // Who has no challenge at hand asks for all of these.
  EXPECT_EQ(mcp->root().find("scopes_supported")->to_text(), R"(["workspace.read"])");
}

TEST(Metadata, OffersOnlyWhatWorks) {  // MD-04
  const auto document = base::JsonDocument::parse(authorization_server_metadata(settings()));
  ASSERT_TRUE(document);
  const base::JsonValue root = document->root();
  EXPECT_EQ(root.find_string("issuer"), "https://gate.example");
  EXPECT_EQ(root.find("code_challenge_methods_supported")->to_text(), R"(["S256"])");
  EXPECT_EQ(root.find("scopes_supported")->to_text(), R"(["workspace.read","workspace.write"])");
  EXPECT_EQ(root.find("response_types_supported")->to_text(), R"(["code"])");
  EXPECT_EQ(root.find("token_endpoint_auth_methods_supported")->to_text(),
            R"(["none","client_secret_basic","client_secret_post","private_key_jwt"])");
  EXPECT_EQ(root.find("token_endpoint_auth_signing_alg_values_supported")->to_text(),
            R"(["RS256","ES256"])");
  EXPECT_EQ(root.find("revocation_endpoint_auth_methods_supported")->to_text(),
            root.find("token_endpoint_auth_methods_supported")->to_text());
  EXPECT_EQ(root.find("revocation_endpoint_auth_signing_alg_values_supported")->to_text(),
            R"(["RS256","ES256"])");
  EXPECT_EQ(root.find_bool("authorization_response_iss_parameter_supported"), true);
  EXPECT_EQ(root.find_bool("client_id_metadata_document_supported"), true);
  for (const char* endpoint : {"authorization_endpoint", "token_endpoint", "registration_endpoint",
                               "revocation_endpoint"}) {
    EXPECT_TRUE(root.find_string(endpoint)->starts_with("https://gate.example/")) << endpoint;
  }
}

TEST(Metadata, OffersIdentityAssertionsWhereProvidersAreNamed) {  // MD-04
  AuthorizationServerSettings with = settings();
  EXPECT_EQ(authorization_server_metadata(with).find("authorization_grant_profiles_supported"),
            std::string::npos);
  with.enterprise_issuers = {"https://acme.okta.example"};
  const auto document = base::JsonDocument::parse(authorization_server_metadata(with));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().find("grant_types_supported")->to_text(),
            R"(["authorization_code","refresh_token",)"
            R"("urn:ietf:params:oauth:grant-type:jwt-bearer"])");
  EXPECT_EQ(document->root().find("authorization_grant_profiles_supported")->to_text(),
            R"(["urn:ietf:params:oauth:grant-profile:id-jag"])");
}

TEST(Challenge, HasNoErrorWhenNothingWasPresented) {  // MD-01
  EXPECT_EQ(missing_token_challenge(settings(), Endpoint::mcp),
            "Bearer resource_metadata=\"https://gate.example/.well-known/oauth-protected-resource/"
            "mcp\", scope=\"workspace.read\"");
}

TEST(Challenge, NamesTheErrorAndThePlaceToLook) {  // MD-02, MD-08
  const std::string invalid = invalid_token_challenge(settings(), Endpoint::sse);
  EXPECT_TRUE(invalid.starts_with("Bearer error=\"invalid_token\", "));
  EXPECT_NE(invalid.find("/.well-known/oauth-protected-resource/sse\""), std::string::npos);
  const std::string scope =
      insufficient_scope_challenge(settings(), Endpoint::mcp, {"workspace.write"});
  EXPECT_TRUE(scope.starts_with("Bearer error=\"insufficient_scope\", "));
  EXPECT_NE(scope.find("scope=\"workspace.write\""), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::oauth
