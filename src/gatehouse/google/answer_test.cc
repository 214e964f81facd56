// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "gatehouse/base/encoding.h"

namespace gatehouse::google {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// 2026-11-24T04:00:00Z
const auto kNow = base::from_epoch_seconds(1'795'492'800);

Verdict judged(int status, std::string_view body, std::string_view retry_after = "") {
  http::ClientResponse response;
  response.status = status;
  response.body = base::Secret::copy_of(body);
  if (!retry_after.empty()) response.headers.push_back({"Retry-After", std::string(retry_after)});
  return judge(response, kNow);
}

// An error as Gmail, Calendar and Drive shape it.
std::string legacy(int code, std::string_view reason, std::string_view message = "words") {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":")" + std::string(message) +
         R"(","errors":[{"domain":"usageLimits","reason":")" + std::string(reason) +
         R"(","message":"x"}]}})";
}

// An error as Docs, Sheets, Slides and the newer ones shape it.
std::string canonical(int code, std::string_view status, std::string_view reason = "") {
  std::string details;
  if (!reason.empty()) {
    details = R"(,"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":")" +
              std::string(reason) + R"("}])";
  }
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":"words","status":")" +
         std::string(status) + '"' + details + "}}";
}

// GO-04, GO-18
TEST(Answer, IsJudgedByItsReason) {
  const struct {
    const char* name;
    int status;
    std::string body;
    ApiFault fault;
    Step step;
  } rows[] = {
      {"rate, Gmail", 403, legacy(403, "rateLimitExceeded"), ApiFault::rate_limited,
       Step::wait_and_retry},
      {"user rate", 403, legacy(403, "userRateLimitExceeded"), ApiFault::rate_limited,
       Step::wait_and_retry},
      {"Calendar quota", 403, legacy(403, "quotaExceeded"), ApiFault::rate_limited,
       Step::wait_and_retry},
      {"rate, newer shape", 403, canonical(403, "PERMISSION_DENIED", "RATE_LIMIT_EXCEEDED"),
       ApiFault::rate_limited, Step::wait_and_retry},
      {"429", 429, canonical(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"),
       ApiFault::rate_limited, Step::wait_and_retry},
      {"429 without body", 429, "", ApiFault::rate_limited, Step::wait_and_retry},
      {"429 page", 429, "<html>slow down</html>", ApiFault::rate_limited, Step::wait_and_retry},
      {"daily limit", 403, legacy(403, "dailyLimitExceeded"), ApiFault::rate_limited,
       Step::give_up},
      {"sharing limit", 403, legacy(403, "sharingRateLimitExceeded"), ApiFault::rate_limited,
       Step::give_up},
      {"scope, older shape", 403, legacy(403, "insufficientPermissions"), ApiFault::scope_missing,
       Step::give_up},
      {"scope, newer shape", 403,
       canonical(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
       ApiFault::scope_missing, Step::give_up},
      {"API not enabled", 403, legacy(403, "accessNotConfigured"), ApiFault::blocked_by_admin,
       Step::give_up},
      {"service disabled", 403, canonical(403, "PERMISSION_DENIED", "SERVICE_DISABLED"),
       ApiFault::blocked_by_admin, Step::give_up},
      {"domain policy", 403, legacy(403, "domainPolicy"), ApiFault::blocked_by_admin,
       Step::give_up},
      {"no Gmail for the account", 400,
       legacy(400, "failedPrecondition", "Mail service not enabled"), ApiFault::blocked_by_admin,
       Step::give_up},
      {"old revision of a document", 400, canonical(400, "FAILED_PRECONDITION"), ApiFault::conflict,
       Step::give_up},
      {"no right to the file", 403, legacy(403, "insufficientFilePermissions"),
       ApiFault::not_found_or_no_access, Step::give_up},
      {"forbidden", 403, legacy(403, "forbidden"), ApiFault::not_found_or_no_access, Step::give_up},
      {"forbidden without body", 403, "", ApiFault::not_found_or_no_access, Step::give_up},
      {"export too large", 403, legacy(403, "exportSizeLimitExceeded"), ApiFault::too_large,
       Step::give_up},
      {"request too large", 413, "", ApiFault::too_large, Step::give_up},
      {"bad request", 400, legacy(400, "invalidArgument"), ApiFault::invalid_argument,
       Step::give_up},
      {"bad request without body", 400, "", ApiFault::invalid_argument, Step::give_up},
      {"401", 401, canonical(401, "UNAUTHENTICATED"), ApiFault::reconsent_needed,
       Step::renew_token},
      {"404", 404, legacy(404, "notFound"), ApiFault::not_found_or_no_access, Step::give_up},
      {"410", 410, legacy(410, "deleted"), ApiFault::not_found_or_no_access, Step::give_up},
      {"409", 409, legacy(409, "duplicate"), ApiFault::conflict, Step::give_up},
      {"412", 412, legacy(412, "conditionNotMet"), ApiFault::conflict, Step::give_up},
      {"408", 408, "", ApiFault::google_unavailable, Step::retry_if_safe},
      {"500", 500, legacy(500, "backendError"), ApiFault::google_unavailable, Step::retry_if_safe},
      {"502 page", 502, "<html>", ApiFault::google_unavailable, Step::retry_if_safe},
      {"503", 503, canonical(503, "UNAVAILABLE"), ApiFault::google_unavailable,
       Step::retry_if_safe},
      {"504", 504, "", ApiFault::google_unavailable, Step::retry_if_safe},
      {"redirect", 302, "", ApiFault::google_unavailable, Step::give_up},
      {"not modified", 304, "", ApiFault::google_unavailable, Step::give_up},
      {"teapot", 418, "", ApiFault::google_unavailable, Step::give_up},
  };
  for (const auto& row : rows) {
    const auto verdict = judged(row.status, row.body);
    EXPECT_EQ(name_of(verdict.error.code), name_of(row.fault)) << row.name;
    EXPECT_EQ(static_cast<int>(verdict.step), static_cast<int>(row.step)) << row.name;
    EXPECT_EQ(verdict.error.status, row.status) << row.name;
    EXPECT_FALSE(verdict.error.message.empty()) << row.name;
  }
}

// GO-09
TEST(Answer, NonsenseBodiesAreJudgedByStatusAlone) {
  for (const auto* body :
       {"null", "[]", "7", "\"x\"", "{\"error\":null}", "{\"error\":\"invalid_grant\"}",
        "{\"error\":[]}", "{\"error\":{\"errors\":7,\"details\":{}}}",
        "{\"error\":{\"errors\":[7,null,{\"reason\":8}]}}", "{", "\xff\xfe"}) {
    EXPECT_EQ(judged(403, body).error.code, ApiFault::not_found_or_no_access) << body;
    EXPECT_EQ(judged(500, body).error.code, ApiFault::google_unavailable) << body;
  }
}

TEST(Answer, HugeBodiesAreNotRead) {
  const auto body = legacy(403, "rateLimitExceeded", std::string(300'000, 'x'));
  EXPECT_EQ(judged(403, body).error.code, ApiFault::not_found_or_no_access);
}

TEST(Answer, RepeatsGooglesWordsBoundedAndOnOneLine) {
  const auto long_words = judged(400, legacy(400, "x", std::string(5'000, 'w'))).error.message;
  EXPECT_LT(long_words.size(), 300u);
  const auto lines = judged(400, legacy(400, "x", R"(a\nb\u0000c\u001bd)")).error.message;
  for (const char c : lines) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

TEST(Answer, CutsWordsBetweenCharacters) {
  for (int lead = 0; lead < 5; ++lead) {
    std::string words(static_cast<std::size_t>(lead), 'a');
    for (int i = 0; i < 100; ++i) words += "\xe2\x82\xac";
    EXPECT_TRUE(base::is_valid_utf8(judged(400, legacy(400, "x", words)).error.message)) << lead;
  }
}

TEST(Answer, LeavesOutTheQueriesOfUrls) {
  const auto message =
      judged(403, legacy(403, "accessNotConfigured",
                         "Enable it by visiting https://console.developers.google.com/apis/api/"
                         "gmail.googleapis.com/overview?project=123456 then retry. Why? Because."))
          .error.message;
  EXPECT_THAT(message, HasSubstr("/overview then retry. Why? Because."));
  EXPECT_THAT(message, Not(HasSubstr("123456")));
}

// GO-05
// TO-18
TEST(Answer, LeavesOutCredentials) {
  for (const char* credential :
       {"ya29.a0AfH6SMBx-sample", "1//0gsample-sample-x", "eyJhbGciOiJSUzI1NiJ9.e30.x",
        "token=ya29.a0AfH6SMBx-sample", "'gth_a_sampleSampleSample'"}) {
    const Verdict verdict =
        judged(400, legacy(400, "invalidArgument", std::string("Bad ") + credential + " here"));
    EXPECT_THAT(verdict.error.message, HasSubstr("Bad (hidden) here"));
  }
  EXPECT_THAT(judged(400, legacy(400, "invalidArgument", "2026/04/01/x-long-enough ya29. too"))
                  .error.message,
              HasSubstr("2026/04/01/x-long-enough ya29. too"));
}

TEST(Answer, ReadsTheStatedDelay) {
  const struct {
    const char* name;
    const char* header;
    const char* message;
    std::optional<int> delay;
  } rows[] = {
      {"none", "", "slow down", std::nullopt},
      {"seconds", "7", "", 7},
      {"zero", "0", "", 0},
      {"date", "Tue, 24 Nov 2026 04:01:30 GMT", "", 90},
      {"date that has passed", "Tue, 24 Nov 2026 03:00:00 GMT", "", 0},
      {"date of another century", "Tue, 24 Nov 2126 03:00:00 GMT", "", 24 * 3600},
      {"very many seconds", "999999", "", 24 * 3600},
      {"negative", "-5", "", std::nullopt},
      {"fraction", "1.5", "", std::nullopt},
      {"too many digits", "99999999999999999999", "", std::nullopt},
      {"words", "soon", "", std::nullopt},
      {"Gmail's message", "", "User-rate limit exceeded.  Retry after 2026-11-24T04:00:12.345Z",
       12},
      {"Gmail's message without fraction", "", "Retry after 2026-11-24T04:02:00Z (Mail sending)",
       120},
      {"Gmail's message cut", "", "Retry after 2026-11-2", std::nullopt},
      {"header before message", "3", "Retry after 2026-11-24T04:02:00Z", 3},
      {"unreadable header, readable message", "soon", "Retry after 2026-11-24T04:02:00Z", 120},
  };
  for (const auto& row : rows) {
    const auto delay = stated_delay(row.header, row.message, kNow);
    EXPECT_EQ(delay.has_value(), row.delay.has_value()) << row.name;
    if (delay && row.delay) EXPECT_EQ(delay->count(), *row.delay) << row.name;
  }
}

TEST(Answer, CarriesTheStatedDelay) {
  EXPECT_EQ(judged(429, "", "30").error.retry_after, seconds(30));
  EXPECT_EQ(judged(503, "", "Tue, 24 Nov 2026 04:00:05 GMT").error.retry_after, seconds(5));
  EXPECT_EQ(
      judged(429, legacy(429, "userRateLimitExceeded", "Retry after 2026-11-24T04:00:09.000Z"))
          .error.retry_after,
      seconds(9));
  EXPECT_EQ(judged(429, "").error.retry_after, std::nullopt);
}

}  // namespace
}  // namespace gatehouse::google
