// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/identity_assertion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gatehouse/base/encoding.h"

namespace gatehouse::oauth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const base::SystemTime kNow = base::from_epoch_seconds(1'800'000'000);
const std::string kIssuer = "https://acme.okta.example";

AuthorizationServerSettings settings() {
  AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  settings.enterprise_issuers = {kIssuer};
  return settings;
}

// Good claims, with one member as the row wants it: `"name":value`, or left out when that is only a
// name.
std::string claims_with(const std::string& member) {
  const std::pair<const char*, const char*> good[] = {
      {"iss", R"("https://acme.okta.example")"},
      {"sub", R"("U019488227")"},
      {"aud", R"("https://gate.example")"},
      {"client_id", R"("acme-assistant")"},
      {"email", R"("Ada@example.com")"},
      {"email_verified", "true"},
      {"resource", R"("https://gate.example/mcp")"},
      {"scope", R"("workspace.read")"},
      {"jti", R"("1")"},
      {"iat", "1799999990"},
      {"exp", "1800000290"},
  };
  std::string text;
  for (const auto& [name, value] : good) {
    const std::string key = std::string("\"") + name + "\"";
    if (member.starts_with(key)) continue;
    text += (text.empty() ? "" : ",") + key + ":" + value;
  }
  if (member.find(':') != std::string::npos) text += "," + member;
  return "{" + text + "}";
}

Judged<IdentityAssertion> judged(const std::string& claims,
                                 const std::string& type = "oauth-id-jag+jwt") {
  crypto::VerifiedJws verified;
  verified.type = type;
  verified.payload = claims;
  return judge_identity_assertion(settings(), verified, kIssuer, kNow);
}

TEST(IdentityAssertion, SaysWhoMayActForWhom) {
  const auto assertion = judged(claims_with(""));
  ASSERT_TRUE(assertion) << assertion.error().description;
  EXPECT_EQ(assertion->issuer, kIssuer);
  EXPECT_EQ(assertion->subject, "U019488227");
  EXPECT_EQ(assertion->email, "Ada@example.com");
  EXPECT_EQ(assertion->client_id, "acme-assistant");
  EXPECT_EQ(assertion->id, "1");
  EXPECT_TRUE(assertion->tenant.empty());
  ASSERT_TRUE(assertion->scopes);
  EXPECT_THAT(*assertion->scopes, ElementsAre("workspace.read"));
  EXPECT_EQ(assertion->acceptable_until, base::from_epoch_seconds(1'800'000'350));
}

TEST(IdentityAssertion, TakesWhatProvidersWrite) {
  const struct {
    const char* name;
    std::string claims;
  } rows[] = {
      {"a list of one audience", claims_with(R"("aud":["https://gate.example"])")},
      {"no resource", claims_with(R"("resource")")},
      {"several resources",
       claims_with(R"("resource":["https://a.example","https://gate.example/mcp"])")},
      {"the origin as resource", claims_with(R"("resource":"https://gate.example/")")},
      {"no word about the address", claims_with(R"("email_verified")")},
      {"a word about it as text", claims_with(R"("email_verified":"true")")},
      {"a tenant", claims_with(R"("tenant":"acme")")},
      {"scopes of the sign-in",
       claims_with(R"("scope":"openid profile email offline_access workspace.read")")},
      {"a clock that runs fast", claims_with(R"("iat":1800000059)")},
      {"just expired, by a clock that runs slow", claims_with(R"("exp":1799999941)")},
      {"an hour", claims_with(R"("exp":1800003600)")},
      {"more about the person", claims_with(R"("amr":["mfa"])")},
  };
  for (const auto& row : rows) {
    const auto assertion = judged(row.claims);
    EXPECT_TRUE(assertion) << row.name << ": " << assertion.error().description;
  }
  EXPECT_TRUE(judged(claims_with(""), "OAuth-ID-JAG+JWT")) << "media types have no case";
}

TEST(IdentityAssertion, RefusesEveryOtherClaim) {
  const struct {
    std::string claims;
    const char* words;
  } rows[] = {
      {claims_with(R"("iss":"https://other.example")"), "iss"},
      {claims_with(R"("iss")"), "iss"},
      {claims_with(R"("aud":"https://gate.example/")"), "aud"},
      {claims_with(R"("aud":"https://gate.example/token")"), "aud"},
      {claims_with(R"("aud":["https://gate.example","https://other.example"])"), "aud"},
      {claims_with(R"("aud":[])"), "aud"},
      {claims_with(R"("aud")"), "aud"},
      {claims_with(R"("sub":"")"), "sub"},
      {claims_with(R"("sub":7)"), "sub"},
      {claims_with("\"sub\":\"" + std::string(257, 'a') + "\""), "sub"},
      {claims_with(R"("sub")"), "sub"},
      {claims_with(R"("tenant":"")"), "tenant"},
      {claims_with(R"("tenant":["acme"])"), "tenant"},
      {claims_with(R"("client_id")"), "client_id"},
      {claims_with(R"("jti")"), "jti"},
      {claims_with("\"jti\":\"" + std::string(257, 'a') + "\""), "jti"},
      {claims_with(R"("email")"), "email is missing"},
      {claims_with(R"("email":"ada")"), "email is missing or no address"},
      {claims_with(R"("email":"@example.com")"), "email is missing or no address"},
      {claims_with(R"("email":"ada@example.com\n")"), "email is missing or no address"},
      {claims_with(R"("email":"ad\u0430@example.com")"), "email is missing or no address"},
      {claims_with(R"("email":["ada@example.com"])"), "email is missing or no address"},
      {claims_with(R"("email_verified":false)"), "email_verified"},
      {claims_with(R"("email_verified":"false")"), "email_verified"},
      {claims_with(R"("email_verified":1)"), "email_verified"},
      {claims_with(R"("iat")"), "iat or exp"},
      {claims_with(R"("exp")"), "iat or exp"},
      {claims_with(R"("exp":"1800000290")"), "iat or exp"},
      {claims_with(R"("exp":1799999940)"), "expired"},
      {claims_with(R"("exp":1800003661)"), "hour"},
      {claims_with(R"("iat":1800000061)"), "future"},
      {claims_with(R"("nbf":1800000061)"), "nbf"},
      {claims_with(R"("resource":"https://other.example/mcp")"), "resource"},
      {claims_with(R"("resource":[])"), "resource"},
      {claims_with(R"("resource":7)"), "resource"},
      {"[]", "no JSON object"},
      {"", "no JSON object"},
  };
  for (const auto& row : rows) {
    const auto assertion = judged(row.claims);
    ASSERT_FALSE(assertion) << row.claims;
    EXPECT_EQ(assertion.error().reason, Reason::invalid_grant) << row.claims;
    EXPECT_THAT(assertion.error().description, HasSubstr(row.words)) << row.claims;
  }
}

TEST(IdentityAssertion, RefusesEveryOtherType) {
  for (const char* type : {"", "JWT", "at+jwt", "oauth-id-jag+jwt "}) {
    const auto assertion = judged(claims_with(""), type);
    ASSERT_FALSE(assertion) << type;
    EXPECT_THAT(assertion.error().description, HasSubstr("typ"));
  }
}

TEST(IdentityAssertion, AllowsOnlyWhatIsOffered) {
  for (const char* scope :
       {R"("scope":"workspace.read workspace.admin")", R"("scope":"openid")", R"("scope":"")",
        R"("scope":"a\"b")", R"("scope":["workspace.read"])"}) {
    const auto assertion = judged(claims_with(scope));
    ASSERT_FALSE(assertion) << scope;
    EXPECT_EQ(assertion.error().reason, Reason::invalid_scope) << scope;
  }
  const auto unlimited = judged(claims_with(R"("scope")"));
  ASSERT_TRUE(unlimited);
  EXPECT_FALSE(unlimited->scopes);
}

TEST(IdentityAssertion, NamesPeopleApart) {
  const auto name = [](const std::string& member) {
    const auto assertion = judged(claims_with(member));
    EXPECT_TRUE(assertion) << member;
    return asserted_subject(*assertion);
  };
  const std::string ada = name("");
  EXPECT_EQ(ada, name(R"("email":"ada@EXAMPLE.com")"));
  EXPECT_EQ(ada, name(R"("jti":"2")"));
  EXPECT_NE(ada, name(R"("sub":"U2")"));
  EXPECT_NE(ada, name(R"("tenant":"acme")"));
  EXPECT_NE(ada, name(R"("email":"grace@example.com")"));
}

TEST(IdentityAssertion, TellsItsIssuerBeforeAnythingIsProven) {
  const auto compact = [](const std::string& claims) {
    return "e30." + base::base64url_encode(claims) + ".AA";
  };
  EXPECT_EQ(read_assertion_issuer(compact(claims_with(""))), kIssuer);
  EXPECT_EQ(read_assertion_issuer(compact("{}")), "");
  EXPECT_EQ(read_assertion_issuer(compact("[]")), std::nullopt);
  EXPECT_EQ(read_assertion_issuer(compact("{}") + std::string(16 * 1024, 'A')), std::nullopt);
  for (const char* text : {"", ".", "..", "a.b", "a.!.c"}) {
    EXPECT_EQ(read_assertion_issuer(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gatehouse::oauth
