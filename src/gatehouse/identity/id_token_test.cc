// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/id_token.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

namespace gatehouse::identity {
namespace {

constexpr std::int64_t kNow = 1'795'500'000;

// Claims as JSON text by name; a row of a test replaces or removes some.
using Claims = std::map<std::string, std::string>;

Claims good_claims() {
  return {{"iss", R"("https://accounts.google.com")"},
          {"aud", R"("client-1.apps.googleusercontent.com")"},
          {"azp", R"("client-1.apps.googleusercontent.com")"},
          {"sub", R"("110248495921238986420")"},
          {"hd", R"("example.com")"},
          {"email", R"("alice@example.com")"},
          {"email_verified", "true"},
          {"nonce", R"("nonce-1")"},
          {"name", R"("Alice Adams")"},
          {"iat", std::to_string(kNow - 100)},
          {"exp", std::to_string(kNow + 3500)}};
}

std::string text_of(const Claims& claims) {
  std::string text = "{";
  for (const auto& [name, value] : claims) {
    if (text.size() > 1) text += ",";
    text += "\"" + name + "\":" + value;
  }
  return text + "}";
}

class Judge {
 public:
  std::vector<std::string> domains{"example.com"};
  std::string issuer = "https://accounts.google.com";

  base::Result<Person, IdTokenFault> operator()(std::string_view payload) const {
    const IdTokenExpectations expected{issuer, "client-1.apps.googleusercontent.com", "nonce-1",
                                       base::from_epoch_seconds(kNow), domains};
    return judge_id_token(payload, expected);
  }
  std::optional<IdTokenFault> fault(const Claims& claims) const {
    const auto person = (*this)(text_of(claims));
    if (person) return std::nullopt;
    return person.error();
  }
};

TEST(IdToken, DescribesThePerson) {
  const auto person = Judge()(text_of(good_claims()));
  ASSERT_TRUE(person);
  EXPECT_EQ(person->user.str(), "110248495921238986420");
  EXPECT_EQ(person->email, "alice@example.com");
  EXPECT_EQ(person->name, "Alice Adams");
  EXPECT_EQ(person->domain, "example.com");
}

// UP-03, UP-06
TEST(IdToken, RefusesEachClaimThatIsWrong) {
  const std::string day = std::to_string(kNow + 24 * 3600);
  const struct {
    const char* name;
    const char* claim;
    std::string value;  // empty: the claim is left out
    IdTokenFault fault;
  } rows[] = {
      {"iss of another", "iss", R"("https://accounts.google.com.evil.example")",
       IdTokenFault::issuer},
      {"iss with slash", "iss", R"("https://accounts.google.com/")", IdTokenFault::issuer},
      {"iss over http", "iss", R"("http://accounts.google.com")", IdTokenFault::issuer},
      {"iss list", "iss", R"(["https://accounts.google.com"])", IdTokenFault::issuer},
      {"no iss", "iss", "", IdTokenFault::issuer},
      {"aud of another", "aud", R"("client-2.apps.googleusercontent.com")", IdTokenFault::audience},
      {"aud with ours as prefix", "aud", R"("client-1.apps.googleusercontent.com.x")",
       IdTokenFault::audience},
      {"aud of us and another", "aud", R"(["client-1.apps.googleusercontent.com","client-2"])",
       IdTokenFault::audience},
      {"aud empty list", "aud", "[]", IdTokenFault::audience},
      {"aud number", "aud", "1", IdTokenFault::audience},
      {"no aud", "aud", "", IdTokenFault::audience},
      {"azp of another", "azp", R"("client-2.apps.googleusercontent.com")",
       IdTokenFault::authorized_party},
      {"azp number", "azp", "7", IdTokenFault::authorized_party},
      {"expired", "exp", std::to_string(kNow - 60), IdTokenFault::expired},
      {"no exp", "exp", "", IdTokenFault::lifetime},
      {"exp text", "exp", R"("1795503595")", IdTokenFault::lifetime},
      {"exp in a distant age", "exp", "9000000000000000000", IdTokenFault::lifetime},
      {"exp negative", "exp", "-1", IdTokenFault::lifetime},
      {"exp beyond a day", "exp", day, IdTokenFault::lifetime},
      {"iat in the future", "iat", std::to_string(kNow + 61), IdTokenFault::issued_in_future},
      {"no iat", "iat", "", IdTokenFault::lifetime},
      {"nonce of another", "nonce", R"("nonce-2")", IdTokenFault::nonce},
      {"nonce empty", "nonce", R"("")", IdTokenFault::nonce},
      {"nonce number", "nonce", "1", IdTokenFault::nonce},
      {"no nonce", "nonce", "", IdTokenFault::nonce},
      {"sub empty", "sub", R"("")", IdTokenFault::subject},
      {"sub number", "sub", "110248495921238986420", IdTokenFault::not_an_object},
      {"sub small number", "sub", "42", IdTokenFault::subject},
      {"sub too long", "sub", "\"" + std::string(256, '1') + "\"", IdTokenFault::subject},
      {"sub with a space", "sub", R"("1 2")", IdTokenFault::subject},
      {"sub beyond ASCII", "sub", "\"\xc3\xa9\"", IdTokenFault::subject},
      {"no sub", "sub", "", IdTokenFault::subject},
      {"no email", "email", "", IdTokenFault::email},
      {"email without at", "email", R"("alice")", IdTokenFault::email},
      {"email with line break", "email", R"("alice@example.com\r\nBcc: x")", IdTokenFault::email},
      {"email too long", "email", "\"" + std::string(320, 'a') + "@example.com\"",
       IdTokenFault::email},
      {"email not verified", "email_verified", "false", IdTokenFault::email_unverified},
      {"email verified as text", "email_verified", R"("true")", IdTokenFault::email_unverified},
      {"no email_verified", "email_verified", "", IdTokenFault::email_unverified},
      {"no hd", "hd", "", IdTokenFault::no_domain},
      {"hd empty", "hd", R"("")", IdTokenFault::no_domain},
      {"hd null", "hd", "null", IdTokenFault::no_domain},
      {"hd of another", "hd", R"("evil.example")", IdTokenFault::wrong_domain},
      {"hd below ours", "hd", R"("sub.example.com")", IdTokenFault::wrong_domain},
      {"hd with ours as suffix", "hd", R"("evilexample.com")", IdTokenFault::wrong_domain},
      {"hd list", "hd", R"(["example.com"])", IdTokenFault::no_domain},
      {"hd star", "hd", R"("*")", IdTokenFault::wrong_domain},
  };
  for (const auto& row : rows) {
    auto claims = good_claims();
    if (row.value.empty()) {
      claims.erase(row.claim);
    } else {
      claims[row.claim] = row.value;
    }
    const auto fault = Judge().fault(claims);
    ASSERT_TRUE(fault.has_value()) << row.name;
    EXPECT_EQ(name_of(*fault), name_of(row.fault)) << row.name;
  }
}

TEST(IdToken, AcceptsVariantsThatMeanTheSame) {
  const struct {
    const char* name;
    const char* claim;
    std::string value;
  } rows[] = {{"issuer without scheme", "iss", R"("accounts.google.com")"},
              {"audience list of one", "aud", R"(["client-1.apps.googleusercontent.com"])"},
              {"no azp", "azp", ""},
              {"no name", "name", ""},
              {"name too long is left out", "name", "\"" + std::string(300, 'x') + "\""},
              {"just within the clock skew", "exp", std::to_string(kNow - 59)},
              {"issued a moment ahead", "iat", std::to_string(kNow + 60)},
              {"hd in capitals", "hd", R"("Example.COM")"}};
  for (const auto& row : rows) {
    auto claims = good_claims();
    if (row.value.empty()) {
      claims.erase(row.claim);
    } else {
      claims[row.claim] = row.value;
    }
    EXPECT_FALSE(Judge().fault(claims).has_value()) << row.name;
  }
}

TEST(IdToken, TakesTheIssuerWithoutSchemeForGoogleOnly) {
  Judge judge;
  judge.issuer = "http://localhost:23100";
  auto claims = good_claims();
  EXPECT_EQ(judge.fault(claims), IdTokenFault::issuer);
  claims["iss"] = R"("accounts.google.com")";
  EXPECT_EQ(judge.fault(claims), IdTokenFault::issuer);
  claims["iss"] = R"("localhost:23100")";
  EXPECT_EQ(judge.fault(claims), IdTokenFault::issuer);
  claims["iss"] = R"("http://localhost:23100")";
  EXPECT_FALSE(judge.fault(claims).has_value());
}

// AUTH-02
TEST(IdToken, ComparesTheDomainWithAList) {
  Judge judge;
  judge.domains = {"example.org", "example.com"};
  EXPECT_FALSE(judge.fault(good_claims()).has_value());
  judge.domains = {"example.org"};
  EXPECT_EQ(judge.fault(good_claims()), IdTokenFault::wrong_domain);
  judge.domains = {};
  EXPECT_EQ(judge.fault(good_claims()), IdTokenFault::wrong_domain);
}

TEST(IdToken, StarLetsEveryVerifiedAccountIn) {
  Judge judge;
  judge.domains = {"*"};
  auto claims = good_claims();
  claims.erase("hd");
  EXPECT_FALSE(judge.fault(claims).has_value());
  claims["email_verified"] = "false";
  EXPECT_EQ(judge.fault(claims), IdTokenFault::email_unverified);
}

TEST(IdToken, AnEmptyExpectedNonceMatchesNothing) {
  const std::vector<std::string> domains{"*"};
  const IdTokenExpectations expected{"https://accounts.google.com",
                                     "client-1.apps.googleusercontent.com", "",
                                     base::from_epoch_seconds(kNow), domains};
  auto claims = good_claims();
  claims["nonce"] = R"("")";
  const auto person = judge_id_token(text_of(claims), expected);
  ASSERT_FALSE(person);
  EXPECT_EQ(person.error(), IdTokenFault::nonce);
}

// GO-09
TEST(IdToken, RefusesPayloadsThatAreNoObject) {
  for (const auto* payload : {"", "null", "[]", "\"x\"", "{", "{\"iss\":1,\"iss\":2}", "\xff"}) {
    const auto person = Judge()(payload);
    ASSERT_FALSE(person) << payload;
    EXPECT_EQ(person.error(), IdTokenFault::not_an_object) << payload;
  }
}

TEST(IdToken, RefusesRepeatedClaims) {
  auto text = text_of(good_claims());
  text.insert(1, R"("hd":"evil.example",)");
  const auto person = Judge()(text);
  ASSERT_FALSE(person);
  EXPECT_EQ(person.error(), IdTokenFault::not_an_object);
}

}  // namespace
}  // namespace gatehouse::identity
