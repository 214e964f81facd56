// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_assertion.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/base/encoding.h"

namespace gatehouse::oauth {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

AuthorizationServerSettings settings() {
  AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  return settings;
}

std::string at(std::int64_t seconds) { return std::to_string(kNow + seconds); }

// Claims in order, with `more` in place of one of their members.
std::string claims(const std::string& replaced = "", const std::string& more = "") {
  const std::pair<std::string, std::string> members[] = {
      {"iss", R"("app")"}, {"sub", R"("app")"},  {"aud", R"("https://gate.example")"},
      {"exp", at(300)},    {"jti", R"("id-1")"},
  };
  std::string text;
  for (const auto& [name, value] : members) {
    if (name != replaced) text += (text.empty() ? "\"" : ",\"") + name + "\":" + value;
  }
  return "{" + text + (more.empty() ? "" : "," + more) + "}";
}

// Empty when the claims are in order.
std::string fault_of(const std::string& text) {
  const AuthorizationServerSettings known = settings();
  const auto judged = judge_client_assertion(known, text, "app", base::from_epoch_seconds(kNow));
  if (judged) return "";
  EXPECT_EQ(judged.error().reason, Reason::invalid_client);
  return judged.error().description;
}

TEST(ClientAssertion, AcceptsWhatRealClientsSign) {
  for (const std::string& text :
       {claims(), claims("aud", R"("aud":"https://gate.example/token")"),
        claims("aud", R"("aud":["https://gate.example"])"),
        claims("aud", R"("aud":["https://gate.example/token","https://gate.example"])"),
        claims("exp", "\"exp\":" + at(-59)), claims("exp", "\"exp\":" + at(659)),
        claims("", "\"iat\":" + at(-3600) + ",\"nbf\":" + at(60) + ",\"scope\":\"x\"")}) {
    EXPECT_EQ(fault_of(text), "") << text;
  }
}

TEST(ClientAssertion, TellsWhichIdIsUsedUpForHowLong) {
  const AuthorizationServerSettings known = settings();
  const auto judged =
      judge_client_assertion(known, claims(), "app", base::from_epoch_seconds(kNow));
  ASSERT_TRUE(judged);
  EXPECT_EQ(judged->id, "id-1");
  EXPECT_EQ(judged->acceptable_until, base::from_epoch_seconds(kNow + 360));
}

TEST(ClientAssertion, RefusesEveryOtherClaim) {
  const struct {
    std::string text;
    const char* word;  // of the reason
  } rows[] = {
      {"[]", "no JSON object"},
      {"", "no JSON object"},
      {claims("", R"("iss":"app")"), "no JSON object"},
      {claims("iss"), "iss and sub"},
      {claims("sub"), "iss and sub"},
      {claims("iss", R"("iss":"https://app.example")"), "iss and sub"},
      {claims("sub", R"("sub":"other")"), "iss and sub"},
      {claims("sub", R"("sub":["app"])"), "iss and sub"},
      {claims("aud"), "aud must be https://gate.example"},
      {claims("aud", R"("aud":"")"), "aud"},
      {claims("aud", R"("aud":[])"), "aud"},
      {claims("aud", R"("aud":"https://gate.example/")"), "aud"},
      {claims("aud", R"("aud":"https://GATE.example")"), "aud"},
      {claims("aud", R"("aud":"https://gate.example/mcp")"), "aud"},
      {claims("aud", R"("aud":"https://other.example")"), "aud"},
      {claims("aud", R"("aud":["https://gate.example","https://other.example"])"), "aud"},
      {claims("aud", R"("aud":[["https://gate.example"]])"), "aud"},
      {claims("aud", R"("aud":{"https://gate.example":1})"), "aud"},
      {claims("exp"), "exp is missing"},
      {claims("exp", R"("exp":")" + at(300) + "\""), "exp is missing"},
      {claims("exp", R"("exp":0)"), "exp is missing"},
      {claims("exp", R"("exp":-1)"), "exp is missing"},
      {claims("exp", R"("exp":9223372036854775807)"), "exp is missing"},
      {claims("exp", "\"exp\":" + at(-60)), "expired"},
      {claims("exp", "\"exp\":" + at(661)), "ten minutes"},
      {claims("", "\"nbf\":" + at(61)), "nbf"},
      {claims("", R"("nbf":"now")"), "nbf"},
      {claims("", "\"iat\":" + at(61)), "iat"},
      {claims("", R"("iat":null)"), "iat"},
      {claims("jti"), "jti"},
      {claims("jti", R"("jti":"")"), "jti"},
      {claims("jti", R"("jti":7)"), "jti"},
      {claims("jti", R"("jti":")" + std::string(257, 'x') + "\""), "jti"},
  };
  for (const auto& row : rows) {
    EXPECT_NE(fault_of(row.text).find(row.word), std::string::npos)
        << row.text << ": " << fault_of(row.text);
  }
}

std::string jwt(const std::string& header, const std::string& text) {
  return base::base64url_encode(header) + "." + base::base64url_encode(text) + ".c2ln";
}

TEST(ClientAssertion, SaysWhoseItClaimsToBe) {
  const auto head = read_assertion_head(jwt(R"({"alg":"RS256"})", R"({"sub":"app"})"));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->subject, "app");
  EXPECT_EQ(head->algorithm, "RS256");
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("a.b"), std::string("..."), jwt("{}", "[]"),
        jwt("[]", "{}"), jwt("{}", "x"), "!" + jwt("{}", "{}"),
        jwt("{}", R"({"x":")" + std::string(17'000, 'x') + "\"}")}) {
    EXPECT_FALSE(read_assertion_head(text)) << text;
  }
  const auto empty = read_assertion_head(jwt("{}", R"({"sub":7})"));
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->subject, "");
}

}  // namespace
}  // namespace gatehouse::oauth
