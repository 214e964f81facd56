// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/token_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const auto kNow = base::from_epoch_seconds(1'795'500'000);
using namespace std::chrono_literals;

TEST(TokenAnswer, ReadsTokens) {
  const auto answer = read_token_answer(
      TokenRequest::code, 200,
      R"({"access_token":"ya29.a","expires_in":3599,"refresh_token":"1//r","token_type":"Bearer",
                                            "scope":"openid https://www.googleapis.com/auth/gmail.readonly","id_token":"a.b.c",
                                            "refresh_token_expires_in":604799})",
      kNow);
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->tokens.access_token.reveal(), "ya29.a");
  EXPECT_EQ(answer->tokens.refresh_token.reveal(), "1//r");
  EXPECT_EQ(answer->tokens.access_expires, kNow + 3599s);
  EXPECT_THAT(answer->tokens.scopes, ElementsAre("openid", "gmail.readonly"));
  EXPECT_EQ(answer->id_token.reveal(), "a.b.c");
}

TEST(TokenAnswer, RefreshTokenAndIdTokenMayBeMissing) {
  const auto answer =
      read_token_answer(TokenRequest::refresh, 200,
                        R"({"access_token":"a","expires_in":10,"token_type":"bearer"})", kNow);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->tokens.refresh_token.empty());
  EXPECT_TRUE(answer->id_token.empty());
  EXPECT_TRUE(answer->tokens.scopes.empty());
}

TEST(TokenAnswer, BoundsTheLifetime) {
  const auto answer = read_token_answer(
      TokenRequest::refresh, 200,
      R"({"access_token":"a","expires_in":9000000000000,"token_type":"Bearer"})", kNow);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->tokens.access_expires, kNow + 24h);
}

// GO-02, GO-11, GO-18
TEST(TokenAnswer, TellsPermanentFromTransient) {
  const struct {
    const char* name;
    TokenRequest request;
    int status;
    const char* body;
    Refusal refusal;
  } rows[] = {
      {"refresh token ended", TokenRequest::refresh, 400,
       R"({"error":"invalid_grant","error_description":"Token has been expired or revoked."})",
       Refusal::refresh_revoked},
      {"admin wants a new sign-in", TokenRequest::refresh, 400,
       R"({"error":"invalid_grant","error_subtype":"invalid_rapt"})", Refusal::refresh_revoked},
      {"token of another client", TokenRequest::refresh, 401, R"({"error":"unauthorized_client"})",
       Refusal::refresh_revoked},
      {"code used before", TokenRequest::code, 400, R"({"error":"invalid_grant"})",
       Refusal::provider_refused},
      {"client without this grant", TokenRequest::code, 401, R"({"error":"unauthorized_client"})",
       Refusal::client_misconfigured},
      {"wrong secret", TokenRequest::code, 401, R"({"error":"invalid_client"})",
       Refusal::client_misconfigured},
      {"wrong secret at refresh", TokenRequest::refresh, 401, R"({"error":"invalid_client"})",
       Refusal::client_misconfigured},
      {"redirect not registered", TokenRequest::code, 400, R"({"error":"redirect_uri_mismatch"})",
       Refusal::client_misconfigured},
      {"our mistake", TokenRequest::refresh, 400, R"({"error":"invalid_request"})",
       Refusal::provider_refused},
      {"unknown word", TokenRequest::refresh, 400, R"({"error":"something"})",
       Refusal::provider_refused},
      {"internal failure", TokenRequest::refresh, 400, R"({"error":"internal_failure"})",
       Refusal::provider_unreachable},
      {"temporarily unavailable", TokenRequest::refresh, 400,
       R"({"error":"temporarily_unavailable"})", Refusal::provider_unreachable},
      {"500", TokenRequest::refresh, 500, R"({"error":"invalid_grant"})",
       Refusal::provider_unreachable},
      {"503 page", TokenRequest::refresh, 503, "<html>", Refusal::provider_unreachable},
      {"429", TokenRequest::refresh, 429, R"({"error":"rate_limit_exceeded"})",
       Refusal::provider_unreachable},
      {"408", TokenRequest::refresh, 408, "", Refusal::provider_unreachable},
      {"page of a proxy", TokenRequest::refresh, 403, "<html>blocked</html>",
       Refusal::provider_unreachable},
      {"redirect", TokenRequest::refresh, 302, "", Refusal::provider_unreachable},
      {"error that is no word", TokenRequest::refresh, 400, R"({"error":{"code":400}})",
       Refusal::provider_unreachable},
      {"no error", TokenRequest::refresh, 400, "{}", Refusal::provider_unreachable},
  };
  for (const auto& row : rows) {
    const auto answer = read_token_answer(row.request, row.status, row.body, kNow);
    ASSERT_FALSE(answer) << row.name;
    EXPECT_EQ(answer.error().code, row.refusal) << row.name << ": " << answer.error().detail;
  }
}

// GO-09
TEST(TokenAnswer, RefusesNonsense) {
  const std::string long_token(5'000, 'x');
  const struct {
    const char* name;
    std::string body;
  } rows[] = {
      {"empty", ""},
      {"null", "null"},
      {"array", "[]"},
      {"html", "<html></html>"},
      {"no token", R"({"expires_in":10,"token_type":"Bearer"})"},
      {"empty token", R"({"access_token":"","expires_in":10,"token_type":"Bearer"})"},
      {"token number", R"({"access_token":7,"expires_in":10,"token_type":"Bearer"})"},
      {"token with line break",
       R"({"access_token":"a\r\nX: y","expires_in":10,"token_type":"Bearer"})"},
      {"token too long",
       R"({"access_token":")" + long_token + R"(","expires_in":10,"token_type":"Bearer"})"},
      {"another type", R"({"access_token":"a","expires_in":10,"token_type":"mac"})"},
      {"no type", R"({"access_token":"a","expires_in":10})"},
      {"no lifetime", R"({"access_token":"a","token_type":"Bearer"})"},
      {"lifetime zero", R"({"access_token":"a","expires_in":0,"token_type":"Bearer"})"},
      {"lifetime negative", R"({"access_token":"a","expires_in":-5,"token_type":"Bearer"})"},
      {"lifetime text", R"({"access_token":"a","expires_in":"3599","token_type":"Bearer"})"},
      {"refresh token number",
       R"({"access_token":"a","expires_in":10,"token_type":"Bearer","refresh_token":1})"},
      {"two tokens",
       R"({"access_token":"a","access_token":"b","expires_in":10,"token_type":"Bearer"})"}};
  for (const auto& row : rows) {
    const auto answer = read_token_answer(TokenRequest::refresh, 200, row.body, kNow);
    ASSERT_FALSE(answer) << row.name;
    EXPECT_EQ(answer.error().code, Refusal::provider_unreachable) << row.name;
  }
}

TEST(TokenAnswer, RefusesAnAnswerWithoutABody) {
  const base::Secret none;
  for (const int status : {200, 400}) {
    const auto answer = read_token_answer(TokenRequest::refresh, status, none.reveal(), kNow);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Refusal::provider_unreachable);
  }
}

// UP-12
TEST(TokenAnswer, RepeatsOnlyWordsOfTheError) {
  const auto answer = read_token_answer(
      TokenRequest::code, 400,
      R"({"error":"<script>alert(1)</script>","error_description":"code 4/abc of alice@example.com"})",
      kNow);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().detail, Not(HasSubstr("script")));
  EXPECT_THAT(answer.error().detail, Not(HasSubstr("alice")));
}

TEST(TokenAnswer, NamesTheSubtypeForOperators) {
  const auto answer =
      read_token_answer(TokenRequest::refresh, 400,
                        R"({"error":"invalid_grant","error_subtype":"invalid_rapt"})", kNow);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().detail, HasSubstr("invalid_grant, invalid_rapt"));
}

}  // namespace
}  // namespace gatehouse::identity
