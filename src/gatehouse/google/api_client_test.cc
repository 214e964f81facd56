// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <set>
#include <string>

#include "gatehouse/google/call_counts.h"
#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/scripted_client.h"

namespace gatehouse::google {
namespace {

using base::Errc;
using http::Method;
using http::ScriptedClient;
using http::SeenRequest;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = ApiResult<ApiDocument>;

base::Coroutine<void> nothing() { co_return; }

class FakeTokens final : public TokenSource {
 public:
  const std::string& user_key() const override { return user_; }
  ApiTask<base::Secret> access_token() override {
    if (failure) co_return *failure;
    co_return base::Secret::copy_of(current_);
  }
  ApiTask<base::Secret> renewed_token(const base::Secret& rejected) override {
    ++renewals;
    EXPECT_EQ(rejected.reveal(), current_);
    if (failure) co_return *failure;
    current_ = "token-" + std::to_string(renewals + 1);
    co_return base::Secret::copy_of(current_);
  }
  const std::vector<std::string>& granted_scopes() const override { return scopes_; }

  const telemetry::RequestTrace& trace() const override { return request_trace; }

  int renewals = 0;
  std::optional<ApiError> failure;
  telemetry::RequestTrace request_trace;

 private:
  std::string user_ = "user-1";
  std::string current_ = "token-1";
  std::vector<std::string> scopes_;
};

struct Fixture {
  explicit Fixture(ApiClientOptions options = ApiClientOptions())
      : api(client, with_pause(std::move(options)), clock, random, log) {
    client.set_script([this](const SeenRequest&) {
      if (answers.empty()) return ScriptedClient::answer(200, "{}");
      auto next = std::move(answers.front());
      answers.pop_front();
      return next;
    });
  }

  ApiClientOptions with_pause(ApiClientOptions options) {
    options.pause = [this](milliseconds time) {
      pauses.push_back(time);
      clock.advance(std::chrono::ceil<seconds>(time));
      return nothing();
    };
    return options;
  }

  Outcome call(const ApiCall& one) { return http::await_for_test(loop, api.call(tokens, one)); }
  Outcome get() { return call(ApiCall(Api::gmail, Method::get, "/gmail/v1/users/me/profile")); }
  Outcome send() {
    ApiCall one(Api::gmail, Method::post, "/gmail/v1/users/me/messages/send");
    one.json_body = R"({"raw":"x"})";
    one.repeatable = false;
    return call(one);
  }
  void will_answer(int status, std::string_view body = "{}",
                   std::vector<http::Header> headers = {}) {
    answers.push_back(ScriptedClient::answer(status, body, std::move(headers)));
  }
  void will_fail(Errc code) { answers.push_back(ScriptedClient::failure(code)); }
  std::size_t calls() const { return client.seen().size(); }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'795'492'800)};  // 2026-11-24T04:00:00Z
  base::SeededRandom random{7};
  telemetry::MemoryLog log;
  ScriptedClient client;
  FakeTokens tokens;
  std::vector<milliseconds> pauses;
  std::deque<ScriptedClient::Answer> answers;
  ApiClient api;
};

void expect_fault(const Outcome& outcome, ApiFault fault) {
  ASSERT_FALSE(outcome);
  EXPECT_EQ(name_of(outcome.error().code), name_of(fault)) << outcome.error().message;
}

constexpr auto kRateLimited =
    R"({"error":{"code":403,"message":"slow","errors":[{"reason":"rateLimitExceeded"}]}})";

// ---- Counting

TEST(ApiClient, CountsWhatBecameOfEachRequestAndWhatItCost) {
  CallCounts counts;
  ApiClientOptions options;
  options.counts = &counts;
  Fixture f(options);
  f.will_answer(403, kRateLimited);
  f.will_fail(Errc::unavailable);
  f.will_answer(200);
  ApiCall one(Api::gmail, Method::get, "/gmail/v1/users/me/profile");
  one.method_id = "gmail.users.messages.list";
  EXPECT_TRUE(f.call(one));
  f.will_answer(404);
  EXPECT_FALSE(f.call(one));
  EXPECT_EQ(counts.answered, 1U);
  EXPECT_EQ(counts.throttled, 1U);
  EXPECT_EQ(counts.failed, 1U);
  EXPECT_EQ(counts.refused, 1U);
  EXPECT_EQ(counts.units, 20U);
}

// ---- Requests

TEST(ApiCall, EncodesWhatComesFromOutside) {
  ApiCall one(Api::calendar, Method::get, "/calendar/v3/calendars");
  one.segment("a/../b?c#d@group.calendar.google.com")
      .literal("/events")
      .parameter("q", "x&y=z +%")
      .parameter("maxResults", "5");
  EXPECT_EQ(one.path,
            "/calendar/v3/calendars/a%2F..%2Fb%3Fc%23d%40group.calendar.google.com/events");
  EXPECT_EQ(one.query, "q=x%26y%3Dz%20%2B%25&maxResults=5");
}

// T42: these would name another resource, whatever their encoding.
TEST(ApiClient, SendsNothingForAnEmptySegmentOrOneOfDots) {
  for (const auto* raw : {"", ".", ".."}) {
    Fixture f;
    ApiCall one(Api::drive, Method::del, "/drive/v3/files");
    one.segment(raw).segment("x");
    expect_fault(f.call(one), ApiFault::invalid_argument);
    EXPECT_EQ(f.calls(), 0u);
  }
}

TEST(ApiClient, SendsTheUsersTokenToTheApisHost) {
  const struct {
    Api api;
    const char* root;
  } rows[] = {{Api::gmail, "https://gmail.googleapis.com"},
              {Api::calendar, "https://www.googleapis.com"},
              {Api::drive, "https://www.googleapis.com"},
              {Api::docs, "https://docs.googleapis.com"},
              {Api::sheets, "https://sheets.googleapis.com"},
              {Api::slides, "https://slides.googleapis.com"},
              {Api::people, "https://people.googleapis.com"},
              {Api::tasks, "https://tasks.googleapis.com"}};
  for (const auto& row : rows) {
    Fixture f;
    ApiCall one(row.api, Method::get, "/v1/x");
    one.parameter("a", "b");
    ASSERT_TRUE(f.call(one));
    const auto& seen = f.client.seen().front();
    EXPECT_EQ(seen.url, std::string(row.root) + "/v1/x?prettyPrint=false&a=b");
    EXPECT_EQ(seen.bearer, "token-1");
    EXPECT_EQ(seen.url.find("token"), std::string::npos);
  }
}

TEST(ApiClient, OneBaseUrlReplacesEveryRoot) {
  ApiClientOptions options;
  options.base_url = "http://127.0.0.1:23101";
  Fixture f(options);
  ASSERT_TRUE(f.get());
  EXPECT_EQ(f.client.seen().front().url,
            "http://127.0.0.1:23101/gmail/v1/users/me/profile?prettyPrint=false");
}

TEST(ApiClient, SendsJson) {
  Fixture f;
  ASSERT_TRUE(f.send());
  const auto& seen = f.client.seen().front();
  EXPECT_EQ(seen.method, Method::post);
  EXPECT_EQ(seen.body, R"({"raw":"x"})");
  EXPECT_EQ(seen.header("Content-Type"), "application/json");
}

TEST(ApiClient, LendsAnUploadToEveryAttempt) {
  Fixture f;
  ApiCall one(Api::gmail, Method::post, "/upload/gmail/v1/users/me/messages/send");
  one.upload = std::make_shared<base::Secret>(base::Secret::copy_of("a mail"));
  one.upload_type = "message/rfc822";
  one.repeatable = false;
  const char* const bytes = one.upload->reveal().data();
  f.will_answer(401);
  f.will_answer(429);
  ASSERT_TRUE(f.call(one));
  ASSERT_EQ(f.calls(), 3u);
  for (const SeenRequest& seen : f.client.seen()) {
    EXPECT_EQ(seen.body, "a mail");
    EXPECT_EQ(seen.header("Content-Type"), "message/rfc822");
    EXPECT_TRUE(seen.send_once);
    EXPECT_GT(seen.timeout, seconds(20)) << "large ones take their time";
  }
  EXPECT_EQ(one.upload->reveal(), "a mail");
  EXPECT_EQ(one.upload->reveal().data(), bytes) << "and is never copied";
}

TEST(ApiClient, GivesTheAnswersDocument) {
  Fixture f;
  f.will_answer(200, R"({"emailAddress":"alice@example.com"})");
  const auto document = f.get();
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().find_string("emailAddress"), "alice@example.com");
}

// GO-17
TEST(ApiClient, AnEmptyAnswerIsAnEmptyObject) {
  Fixture f;
  f.will_answer(204, "");
  const auto document = f.get();
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().size(), 0u);
}

// GO-09
TEST(ApiClient, RefusesNonsense) {
  for (const auto* body : {"<html></html>", "null", "[]", "7", "{", "\xff"}) {
    Fixture f;
    f.will_answer(200, body);
    expect_fault(f.get(), ApiFault::google_unavailable);
    EXPECT_EQ(f.calls(), 1u) << body;
  }
}

TEST(ApiClient, AWriteWhoseAnswerIsNonsenseMayHaveHappened) {
  Fixture f;
  f.will_answer(200, "<html></html>");
  expect_fault(f.send(), ApiFault::outcome_unknown);
}

// ---- Tokens

// GO-01, GO-15
TEST(ApiClient, RenewsTheTokenOnceAfter401) {
  Fixture f;
  f.will_answer(401);
  EXPECT_TRUE(f.get());
  EXPECT_EQ(f.tokens.renewals, 1);
  EXPECT_EQ(f.client.seen()[0].bearer, "token-1");
  EXPECT_EQ(f.client.seen()[1].bearer, "token-2");
  EXPECT_TRUE(f.pauses.empty());
}

TEST(ApiClient, RenewsTheTokenForAWriteToo) {
  Fixture f;
  f.will_answer(401);
  EXPECT_TRUE(f.send());
  EXPECT_EQ(f.calls(), 2u);
}

// GO-01
TEST(ApiClient, ASecond401EndsTheMatter) {
  Fixture f;
  f.will_answer(401);
  f.will_answer(401);
  expect_fault(f.get(), ApiFault::reconsent_needed);
  EXPECT_EQ(f.tokens.renewals, 1);
  EXPECT_EQ(f.calls(), 2u);
}

// GO-02, GO-11
TEST(ApiClient, PassesOnWhatTheTokenSourceSays) {
  for (const auto fault : {ApiFault::reconsent_needed, ApiFault::google_unavailable}) {
    Fixture f;
    f.tokens.failure = ApiError{fault, "words", std::nullopt, 0};
    expect_fault(f.get(), fault);
    EXPECT_EQ(f.calls(), 0u);
  }
  Fixture f;
  f.will_answer(401);
  f.client.set_script([&](const SeenRequest&) {
    f.tokens.failure = ApiError{ApiFault::reconsent_needed, "words", std::nullopt, 0};
    return ScriptedClient::answer(401, "{}");
  });
  expect_fault(f.get(), ApiFault::reconsent_needed);
  EXPECT_EQ(f.calls(), 1u);
}

TEST(ApiClient, AsksInTheTraceOfTheRequestAndLogsByItsName) {
  Fixture f;
  EXPECT_TRUE(f.get());
  EXPECT_EQ(f.client.seen().back().header("traceparent"), "") << "of nobody";

  f.tokens.request_trace = telemetry::RequestTrace({}, f.random);
  const std::string name(f.tokens.request_trace.trace_id());
  f.will_answer(503);
  EXPECT_TRUE(f.get());
  ASSERT_EQ(f.calls(), 3u);
  std::set<std::string> spans;
  for (std::size_t i = 1; i < 3; ++i) {
    const auto parent = telemetry::parse_traceparent(f.client.seen()[i].header("traceparent"));
    ASSERT_TRUE(parent);
    EXPECT_EQ(parent->trace_id, name);
    spans.emplace(parent->span_id);
  }
  EXPECT_EQ(spans.size(), 2u) << "each attempt is a span of its own";
  const std::size_t line = f.log.text().find("google call failed");
  ASSERT_NE(line, std::string::npos);
  EXPECT_NE(f.log.text().find(name, line), std::string::npos) << f.log.text();
}

// ---- Retries

// GO-04
TEST(ApiClient, RetriesWhatWillPass) {
  const struct {
    const char* name;
    int status;
    const char* body;
  } rows[] = {{"429", 429, ""}, {"403 rate", 403, kRateLimited},
              {"500", 500, ""}, {"502", 502, "<html>"},
              {"503", 503, ""}, {"504", 504, ""},
              {"408", 408, ""}};
  for (const auto& row : rows) {
    Fixture f;
    f.will_answer(row.status, row.body);
    f.will_answer(row.status, row.body);
    EXPECT_TRUE(f.get()) << row.name;
    EXPECT_EQ(f.calls(), 3u) << row.name;
    EXPECT_EQ(f.pauses.size(), 2u) << row.name;
  }
}

TEST(ApiClient, RetriesTransportFailuresOfReads) {
  for (const auto code : {Errc::unavailable, Errc::timeout}) {
    Fixture f;
    f.will_fail(code);
    EXPECT_TRUE(f.get());
    EXPECT_EQ(f.calls(), 2u);
  }
}

TEST(ApiClient, DoesNotRetryWhatWillNotPass) {
  for (const int status : {400, 403, 404, 409, 410, 412, 413, 302, 304}) {
    Fixture f;
    f.will_answer(status, "");
    EXPECT_FALSE(f.get());
    EXPECT_EQ(f.calls(), 1u) << status;
  }
  Fixture f;
  f.will_fail(Errc::denied);
  expect_fault(f.get(), ApiFault::too_large);
  f.will_fail(Errc::invalid_argument);
  expect_fault(f.get(), ApiFault::invalid_argument);
  EXPECT_EQ(f.calls(), 2u);
}

TEST(ApiClient, GivesUpAfterSoManyAttempts) {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.will_answer(503);
  const auto outcome = f.get();
  expect_fault(outcome, ApiFault::google_unavailable);
  EXPECT_EQ(f.calls(), 5u);
  EXPECT_TRUE(outcome.error().retry_after.has_value());
}

TEST(ApiClient, WaitsLongerEachTimeWithJitter) {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.will_answer(503);
  ASSERT_TRUE(f.get());
  ASSERT_EQ(f.pauses.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    const milliseconds least(500 << i);
    EXPECT_GE(f.pauses[i], least);
    EXPECT_LT(f.pauses[i], least + seconds(1));
  }
}

// GO-05
TEST(ApiClient, HonoursTheStatedDelay) {
  const struct {
    const char* name;
    const char* header;
    const char* body;
    int least;
  } rows[] = {
      {"seconds", "7", "", 7},
      {"date", "Tue, 24 Nov 2026 04:00:11 GMT", "", 11},
      {"message", "",
       R"({"error":{"code":429,"message":"User-rate limit exceeded.  Retry after 2026-11-24T04:00:13.000Z"}})",
       13}};
  for (const auto& row : rows) {
    Fixture f;
    std::vector<http::Header> headers;
    if (*row.header != '\0') headers.push_back({"Retry-After", row.header});
    f.will_answer(429, row.body, headers);
    ASSERT_TRUE(f.get()) << row.name;
    ASSERT_EQ(f.pauses.size(), 1u) << row.name;
    EXPECT_GE(f.pauses[0], seconds(row.least)) << row.name;
    EXPECT_LE(f.pauses[0], seconds(row.least + 1)) << row.name;
  }
}

// GO-05
TEST(ApiClient, DoesNotWaitBeyondTheDeadline) {
  Fixture f;
  f.will_answer(429, "", {{"Retry-After", "3600"}});
  const auto outcome = f.get();
  expect_fault(outcome, ApiFault::rate_limited);
  EXPECT_EQ(outcome.error().retry_after, seconds(3600));
  EXPECT_TRUE(f.pauses.empty());
  EXPECT_EQ(f.calls(), 1u);
}

TEST(ApiClient, SpendsNoMoreThanTheTotalLimit) {
  Fixture f;
  const auto start = f.clock.steady_now();
  f.client.set_script([&](const SeenRequest& request) {
    f.clock.advance(std::chrono::duration_cast<seconds>(request.timeout));
    return ScriptedClient::failure(Errc::timeout);
  });
  expect_fault(f.get(), ApiFault::google_unavailable);
  EXPECT_LE(f.clock.steady_now() - start, seconds(40));
  EXPECT_GT(f.calls(), 1u);
  EXPECT_EQ(f.client.seen().front().timeout, milliseconds(20'000));
}

// ---- Writes

TEST(ApiClient, ToldTheHttpClientToSendWritesOnce) {
  Fixture f;
  ASSERT_TRUE(f.send());
  EXPECT_TRUE(f.client.seen().front().send_once);
  ASSERT_TRUE(f.get());
  EXPECT_FALSE(f.client.seen().back().send_once);
}

TEST(ApiClient, NeverRepeatsAWriteThatMayHaveHappened) {
  const struct {
    const char* name;
    std::optional<int> status;
  } rows[] = {{"no answer", std::nullopt},
              {"500", 500},
              {"502", 502},
              {"503", 503},
              {"504", 504},
              {"408", 408}};
  for (const auto& row : rows) {
    Fixture f;
    if (row.status) {
      f.will_answer(*row.status);
    } else {
      f.will_fail(Errc::timeout);
    }
    const auto outcome = f.send();
    expect_fault(outcome, ApiFault::outcome_unknown);
    EXPECT_EQ(outcome.error().retry_after, std::nullopt) << "nobody is invited to repeat it";
    EXPECT_EQ(f.calls(), 1u) << row.name;
  }
}

TEST(ApiClient, RepeatsAWriteThatWasRefusedOrNeverSent) {
  Fixture f;
  f.will_answer(429);
  f.will_answer(403, kRateLimited);
  f.will_fail(Errc::unavailable);
  EXPECT_TRUE(f.send());
  EXPECT_EQ(f.calls(), 4u);
}

TEST(ApiClient, AWriteThatWasNeverSentIsNoUnknownOutcome) {
  Fixture f;
  for (int i = 0; i < 5; ++i) f.will_fail(Errc::unavailable);
  expect_fault(f.send(), ApiFault::google_unavailable);
}

// ---- Limits

TEST(ApiClient, ChargesUnits) {
  Fixture f;
  ApiCall one(Api::gmail, Method::get, "/gmail/v1/users/me/threads/x");
  one.method_id = "gmail.users.threads.get";
  ASSERT_TRUE(f.call(one));
  EXPECT_EQ(f.api.units_left("user-1"), 5960);
  EXPECT_EQ(f.api.units_left("user-2"), 6000);
}

TEST(ApiClient, AnswersRateLimitedWhenTheBudgetIsSpent) {
  ApiClientOptions options;
  ASSERT_TRUE(options.quotas.take(R"({"prices":{"gmail.users.dear":6000}})"));
  Fixture f(std::move(options));
  ApiCall dear(Api::gmail, Method::get, "/x");
  dear.method_id = "gmail.users.dear";
  ASSERT_TRUE(f.call(dear));
  const auto outcome = f.call(dear);
  expect_fault(outcome, ApiFault::rate_limited);
  EXPECT_EQ(outcome.error().retry_after, seconds(60));
  EXPECT_EQ(f.calls(), 1u);
}

TEST(ApiClient, EachApiHasItsOwnUnits) {
  Fixture f;
  ASSERT_TRUE(f.call(ApiCall(Api::sheets, Method::get, "/v4/spreadsheets/x")));
  EXPECT_EQ(f.api.units_left("user-1"), 6000);
}

TEST(ApiClient, EverybodyWaitsWhenTheProjectIsUsedUp) {
  const std::string_view body =
      R"({"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[)"
      R"({"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"UnitsPerMinutePerProject"}}]}})";
  ApiClientOptions options;
  options.attempts_max = 1;
  Fixture f(std::move(options));
  f.will_answer(429, body, {{"Retry-After", "20"}});
  const auto refused = f.get();
  expect_fault(refused, ApiFault::rate_limited);
  EXPECT_THAT(refused.error().message, HasSubstr("all users of this gateway"));
  ASSERT_TRUE(f.pauses.empty());

  ASSERT_TRUE(f.get());
  ASSERT_EQ(f.pauses.size(), 1u);
  EXPECT_GE(f.pauses[0], seconds(20));
}

TEST(ApiClient, NobodyElseWaitsForWhomGoogleSlowsDown) {
  const std::string_view body =
      R"({"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[)"
      R"({"reason":"RATE_LIMIT_EXCEEDED",)"
      R"("metadata":{"quota_limit":"UnitsPerMinutePerProjectPerUser"}}]}})";
  ApiClientOptions options;
  options.attempts_max = 1;
  Fixture f(std::move(options));
  f.will_answer(429, body, {{"Retry-After", "20"}});
  expect_fault(f.get(), ApiFault::rate_limited);
  ASSERT_TRUE(f.get());
  EXPECT_TRUE(f.pauses.empty());
}

TEST(ApiClient, HoldsNoPlaceWhileItWaitsToRetry) {
  ApiClientOptions options;
  options.calls_per_user_at_once = 1;
  Fixture f(options);
  f.will_answer(503);
  const std::vector<ApiCall> calls(3, ApiCall(Api::gmail, Method::get, "/x"));
  const auto outcomes = http::await_for_test(f.loop, f.api.call_each(f.tokens, calls));
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome);
}

// ---- Parallel calls

TEST(ApiClient, CallsInParallelAndKeepsTheOrder) {
  Fixture f;
  f.client.set_script([](const SeenRequest& request) {
    return ScriptedClient::answer(
        200, R"({"url":")" + request.url.substr(request.url.rfind('=') + 1) + R"("})");
  });
  std::vector<ApiCall> calls;
  for (int i = 0; i < 50; ++i) {
    calls.emplace_back(Api::gmail, Method::get, "/m");
    calls.back().parameter("n", std::to_string(i));
  }
  const auto outcomes = http::await_for_test(f.loop, f.api.call_each(f.tokens, calls));
  ASSERT_EQ(outcomes.size(), 50u);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ASSERT_TRUE(outcomes[i]) << outcomes[i].error().message;
    EXPECT_EQ(outcomes[i]->root().find_string("url"), std::to_string(i));
  }
  EXPECT_EQ(f.client.in_flight_max(), 30u);
}

TEST(ApiClient, EachParallelCallHasItsOwnOutcome) {
  Fixture f;
  f.client.set_script([](const SeenRequest& request) {
    return request.url.find("/bad") == std::string::npos ? ScriptedClient::answer(200, "{}")
                                                         : ScriptedClient::answer(404, "");
  });
  const std::vector<ApiCall> calls = {ApiCall(Api::gmail, Method::get, "/good"),
                                      ApiCall(Api::gmail, Method::get, "/bad"),
                                      ApiCall(Api::gmail, Method::get, "/good")};
  const auto outcomes = http::await_for_test(f.loop, f.api.call_each(f.tokens, calls));
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_TRUE(outcomes[0]);
  expect_fault(outcomes[1], ApiFault::not_found_or_no_access);
  EXPECT_TRUE(outcomes[2]);
}

TEST(ApiClient, NoParallelCallsAreNoTrouble) {
  Fixture f;
  const std::vector<ApiCall> calls;
  EXPECT_TRUE(http::await_for_test(f.loop, f.api.call_each(f.tokens, calls)).empty());
}

TEST(ApiClient, AnEndedSignInFailsEveryParallelCallOnce) {
  Fixture f;
  f.tokens.failure = ApiError{ApiFault::reconsent_needed, "words", std::nullopt, 0};
  const std::vector<ApiCall> calls(3, ApiCall(Api::gmail, Method::get, "/x"));
  const auto outcomes = http::await_for_test(f.loop, f.api.call_each(f.tokens, calls));
  ASSERT_EQ(outcomes.size(), 3u);
  for (const auto& outcome : outcomes) expect_fault(outcome, ApiFault::reconsent_needed);
  EXPECT_EQ(f.calls(), 0u);
}

using Each = std::vector<Outcome>;

base::Coroutine<void> gather(ApiClient& api, TokenSource& tokens, std::vector<ApiCall> calls,
                             std::optional<Each>& result) {
  auto outcomes = co_await api.call_each(tokens, calls);
  result.emplace(std::move(outcomes));
}

TEST(ApiClient, CancellingParallelCallsEndsThemAll) {
  ApiClientOptions options;
  options.calls_per_user_at_once = 5;
  Fixture f(options);
  boost::asio::cancellation_signal signal;
  std::optional<Each> result;
  bool ended = false;
  std::vector<ApiCall> calls(30, ApiCall(Api::gmail, Method::get, "/x"));
  boost::asio::co_spawn(f.loop, gather(f.api, f.tokens, calls, result),
                        boost::asio::bind_cancellation_slot(
                            signal.slot(), [&](std::exception_ptr) { ended = true; }));
  f.loop.poll();
  signal.emit(boost::asio::cancellation_type::terminal);
  f.loop.run();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(result.has_value());
  EXPECT_LE(f.calls(), 5u);
  EXPECT_TRUE(f.get()) << "every place was given back";
}

TEST(ApiClient, LeavesNothingBehindWhenTheLoopEndsFirst) {
  base::FixedClock clock{base::from_epoch_seconds(1'795'492'800)};
  base::SeededRandom random{7};
  telemetry::MemoryLog log;
  ScriptedClient client([](const SeenRequest&) { return ScriptedClient::answer(200, "{}"); });
  FakeTokens tokens;
  ApiClient api(client, ApiClientOptions(), clock, random, log);
  std::optional<Each> result;
  {
    boost::asio::io_context loop;
    std::vector<ApiCall> calls(30, ApiCall(Api::gmail, Method::get, "/x"));
    boost::asio::co_spawn(loop, gather(api, tokens, calls, result), [](std::exception_ptr) {});
    loop.poll();
  }
  EXPECT_FALSE(result.has_value());
}

// ---- What may be seen

TEST(ApiClient, WritesNoTokenOrQueryToTheLogOrTheError) {
  Fixture f;
  f.will_answer(401);
  f.will_answer(400, R"({"error":{"message":"bad"}})");
  ApiCall one(Api::gmail, Method::get, "/gmail/v1/users/me/messages");
  one.parameter("q", "from:secret@example.com");
  const auto outcome = f.call(one);
  ASSERT_FALSE(outcome);
  for (const auto* secret : {"token-1", "token-2", "secret@"}) {
    EXPECT_THAT(f.log.text(), Not(HasSubstr(secret)));
    EXPECT_THAT(outcome.error().message, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace gatehouse::google
