// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/discovery.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::identity {
namespace {

constexpr auto kGoogle = "https://accounts.google.com";

struct Document {
  std::string issuer = kGoogle;
  std::string authorization = "https://accounts.google.com/o/oauth2/v2/auth";
  std::string token = "https://oauth2.googleapis.com/token";
  std::string keys = "https://www.googleapis.com/oauth2/v3/certs";
  std::string revocation = "https://oauth2.googleapis.com/revoke";

  std::string text() const {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object();
    const auto add = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) json.member(name, value);
    };
    add("issuer", issuer);
    add("authorization_endpoint", authorization);
    add("token_endpoint", token);
    add("jwks_uri", keys);
    add("revocation_endpoint", revocation);
    json.key("response_types_supported").begin_array().value("code").end_array().end_object();
    return out;
  }
};

TEST(Discovery, FindsTheDocumentUnderTheIssuer) {
  EXPECT_EQ(discovery_url("https://accounts.google.com"),
            "https://accounts.google.com/.well-known/openid-configuration");
  EXPECT_EQ(discovery_url("http://localhost:23100/"),
            "http://localhost:23100/.well-known/openid-configuration");
}

TEST(Discovery, ReadsGooglesEndpoints) {
  const auto endpoints = parse_discovery(Document().text(), kGoogle);
  ASSERT_TRUE(endpoints) << endpoints.error().detail;
  EXPECT_EQ(endpoints->authorization, "https://accounts.google.com/o/oauth2/v2/auth");
  EXPECT_EQ(endpoints->token, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(endpoints->keys, "https://www.googleapis.com/oauth2/v3/certs");
  EXPECT_EQ(endpoints->revocation, "https://oauth2.googleapis.com/revoke");
}

TEST(Discovery, RevocationMayBeMissing) {
  Document document;
  document.revocation = "";
  const auto endpoints = parse_discovery(document.text(), kGoogle);
  ASSERT_TRUE(endpoints);
  EXPECT_EQ(endpoints->revocation, "");
}

TEST(Discovery, AcceptsPlainHttpOnLoopback) {
  Document document;
  document.issuer = "http://localhost:23100";
  document.authorization = "http://localhost:23100/o/oauth2/v2/auth";
  document.token = "http://localhost:23100/token";
  document.keys = "http://localhost:23100/certs";
  document.revocation = "http://localhost:23100/revoke";
  EXPECT_TRUE(parse_discovery(document.text(), document.issuer));
}

// T43: the client secret goes to no other host than the configured one.
TEST(Discovery, RefusesEndpointsThatMayNotSeeTheSecret) {
  const struct {
    const char* name;
    std::string Document::*field;
    const char* value;
  } rows[] = {
      {"token elsewhere", &Document::token, "https://evil.example/token"},
      {"token on a lookalike", &Document::token, "https://evilgoogleapis.com/token"},
      {"token with the suffix elsewhere", &Document::token,
       "https://oauth2.googleapis.com.evil.example/token"},
      {"token over http", &Document::token, "http://oauth2.googleapis.com/token"},
      {"token on loopback", &Document::token, "http://127.0.0.1/token"},
      {"token with userinfo", &Document::token, "https://oauth2.googleapis.com@evil.example/token"},
      {"token with fragment", &Document::token, "https://oauth2.googleapis.com/token#x"},
      {"relative token", &Document::token, "/token"},
      {"no token", &Document::token, ""},
      {"authorization elsewhere", &Document::authorization, "https://evil.example/auth"},
      {"authorization by script", &Document::authorization, "javascript:alert(1)"},
      {"no authorization", &Document::authorization, ""},
      {"keys elsewhere", &Document::keys, "https://evil.example/certs"},
      {"no keys", &Document::keys, ""},
      {"revocation elsewhere", &Document::revocation, "https://evil.example/revoke"},
      {"another issuer", &Document::issuer, "https://accounts.google.com/"},
      {"no issuer", &Document::issuer, ""}};
  for (const auto& row : rows) {
    Document document;
    document.*row.field = row.value;
    const auto endpoints = parse_discovery(document.text(), kGoogle);
    ASSERT_FALSE(endpoints) << row.name;
    EXPECT_EQ(endpoints.error().code, base::Errc::unavailable) << row.name;
  }
}

TEST(Discovery, RefusesGooglesHostsForAnotherIssuer) {
  Document document;
  document.issuer = "https://login.example.com";
  EXPECT_FALSE(parse_discovery(document.text(), document.issuer));
}

// GO-09
TEST(Discovery, RefusesWhatIsNoDocument) {
  for (const auto* text : {"", "null", "[]", "\"x\"", "<html></html>", "{\"issuer\":7}", "{"}) {
    EXPECT_FALSE(parse_discovery(text, kGoogle)) << text;
  }
}

TEST(Discovery, RefusesAnIssuerWithoutTls) {
  Document document;
  document.issuer = "http://accounts.google.com";
  EXPECT_FALSE(parse_discovery(document.text(), document.issuer));
}

}  // namespace
}  // namespace gatehouse::identity
