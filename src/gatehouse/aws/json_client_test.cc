// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/json_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <optional>

#include "gatehouse/aws/backoff.h"
#include "gatehouse/aws/crc32.h"
#include "gatehouse/aws/source_bench.h"
#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/scripted_client.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using http::ScriptedClient;
using http::SeenRequest;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = AwsResult<base::JsonDocument>;
using Headers = std::vector<http::Header>;

class NumberedSource final : public CredentialsSource {
 public:
  base::Task<Credentials> fetch() override {
    if (failure) co_return *failure;
    Credentials credentials;
    credentials.access_key_id = "AKIA" + std::to_string(++fetches);
    credentials.secret_access_key = base::Secret::copy_of("s3cret");
    credentials.session_token = base::Secret::copy_of("session-t0ken");
    credentials.source = "test";
    co_return credentials;
  }
  int fetches = 0;
  std::optional<base::Error> failure;
};

Endpoint endpoint(Service service) { return *endpoint_of(service, "eu-central-1", Environment()); }

struct Fixture {
  explicit Fixture(Service service = Service::dynamodb,
                   JsonClientOptions options = JsonClientOptions())
      : credentials(own(std::make_unique<NumberedSource>()), clock, log),
        client(service, endpoint(service), http, credentials, with_pause(std::move(options)), clock,
               random, log) {
    http.set_script([this](const SeenRequest&) {
      if (answers.empty()) return ScriptedClient::answer(200, "{}");
      auto next = std::move(answers.front());
      answers.pop_front();
      return next;
    });
  }

  std::unique_ptr<CredentialsSource> own(std::unique_ptr<NumberedSource> owned) {
    source = owned.get();
    return owned;
  }
  JsonClientOptions with_pause(JsonClientOptions options) {
    options.pause = [this](milliseconds time) {
      pauses.push_back(time);
      clock.advance(std::chrono::floor<seconds>(time));
      return no_time();
    };
    return options;
  }

  Outcome call(std::string_view operation = "GetItem", std::string_view body = "{}") {
    const auto secret = base::Secret::copy_of(body);
    return http::await_for_test(loop, client.call(operation, secret));
  }
  void will_answer(int status, std::string_view body = "{}", Headers headers = {}) {
    answers.push_back(ScriptedClient::answer(status, body, std::move(headers)));
  }
  void will_refuse(std::string_view type, std::string_view message = "", Headers headers = {}) {
    headers.push_back({"x-amzn-RequestId", "req-1"});
    will_answer(400,
                R"({"__type":"com.amazonaws.x#)" + std::string(type) + R"(","message":")" +
                    std::string(message) + R"("})",
                std::move(headers));
  }
  void will_fail(Errc code) { answers.push_back(ScriptedClient::failure(code)); }
  std::size_t calls() const { return http.seen().size(); }
  std::string sent(std::size_t i, std::string_view name) const {
    return std::string(http.seen().at(i).header(name));
  }
  std::size_t warnings() const { return lines(R"("level":"warn")"); }
  std::size_t lines(std::string_view part) const {
    std::size_t count = 0;
    for (std::size_t at = log.text().find(part); at != std::string::npos;
         at = log.text().find(part, at + 1)) {
      ++count;
    }
    return count;
  }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'795'492'800)};  // 2026-11-24T04:00:00Z
  base::SeededRandom random{7};
  telemetry::MemoryLog log;
  ScriptedClient http;
  NumberedSource* source = nullptr;
  CachedCredentials credentials;
  std::vector<milliseconds> pauses;
  std::deque<ScriptedClient::Answer> answers;
  JsonClient client;
};

void expect_error(const Outcome& outcome, Errc code) {
  ASSERT_FALSE(outcome);
  EXPECT_EQ(base::name_of(outcome.error().code), base::name_of(code)) << outcome.error().message;
}

// ---- Requests

TEST(JsonClient, SpeaksTheJsonProtocol) {
  Fixture f;
  f.will_answer(200, R"({"Item":{"a":{"S":"b"}}})",
                {{"Content-Type", "application/x-amz-json-1.0"}});
  const auto outcome = f.call("GetItem", R"({"TableName":"t"})");
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(outcome->root().find("Item"));
  const auto& seen = f.http.seen().at(0);
  EXPECT_EQ(seen.method, http::Method::post);
  EXPECT_EQ(seen.url, "https://dynamodb.eu-central-1.amazonaws.com/");
  EXPECT_EQ(seen.body, R"({"TableName":"t"})");
  EXPECT_EQ(f.sent(0, "X-Amz-Target"), "DynamoDB_20120810.GetItem");
  EXPECT_EQ(f.sent(0, "Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(f.sent(0, "Accept-Encoding"), "identity");
  EXPECT_EQ(f.sent(0, "X-Amz-Date"), "20261124T040000Z");
  EXPECT_EQ(f.sent(0, "X-Amz-Security-Token"), "session-t0ken");
  EXPECT_THAT(f.sent(0, "Authorization"),
              HasSubstr("Credential=AKIA1/20261124/eu-central-1/dynamodb/aws4_request, "
                        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
                        "x-amz-target, "));
  EXPECT_EQ(seen.timeout, milliseconds(3'000));
}

TEST(JsonClient, NamesKmsAsKmsWants) {
  Fixture f(Service::kms);
  ASSERT_TRUE(f.call("Decrypt"));
  EXPECT_EQ(f.sent(0, "X-Amz-Target"), "TrentService.Decrypt");
  EXPECT_EQ(f.sent(0, "Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(f.client.endpoint().url, "https://kms.eu-central-1.amazonaws.com");
}

// ---- Retries

// ST-01, ST-03
TEST(JsonClient, RetriesWhatPasses) {
  for (const char* type :
       {"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
        "TransactionInProgressException", "LimitExceededException", "InternalServerError"}) {
    Fixture f;
    f.will_refuse(type);
    f.will_refuse(type);
    EXPECT_TRUE(f.call()) << type;
    EXPECT_EQ(f.calls(), 3u) << type;
    EXPECT_EQ(f.pauses.size(), 2u) << type;
    EXPECT_EQ(f.warnings(), 0u) << "what a retry has cured is no trouble";
  }
  for (const int status : {429, 500, 502, 503, 504}) {
    Fixture f;
    f.will_answer(status, "<html>");
    EXPECT_TRUE(f.call()) << status;
  }
  for (const auto code : {Errc::unavailable, Errc::timeout}) {
    Fixture f;
    f.will_fail(code);
    EXPECT_TRUE(f.call());
  }
}

// ST-01: a third of all answers is a throttle, and calls get through nonetheless.
TEST(JsonClient, GetsThroughHeavyThrottling) {
  Fixture f;
  int count = 0;
  f.http.set_script([&](const SeenRequest&) {
    return ++count % 3 == 0 ? ScriptedClient::answer(400, R"({"__type":"ThrottlingException"})")
                            : ScriptedClient::answer(200, "{}");
  });
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(f.call());
}

TEST(JsonClient, DoesNotRetryWhatStays) {
  const struct {
    const char* type;
    Errc code;
  } rows[] = {{"ConditionalCheckFailedException", Errc::conflict},
              {"ResourceNotFoundException", Errc::not_found},
              {"AccessDeniedException", Errc::denied},
              {"DisabledException", Errc::denied},
              {"ValidationException", Errc::invalid_argument}};
  for (const auto& row : rows) {
    Fixture f;
    f.will_refuse(row.type, "words");
    const auto outcome = f.call();
    expect_error(outcome, row.code);
    EXPECT_EQ(outcome.error().type, row.type);
    EXPECT_EQ(outcome.error().message, "words");
    EXPECT_EQ(outcome.error().request_id, "req-1");
    EXPECT_EQ(outcome.error().status, 400);
    EXPECT_EQ(f.calls(), 1u) << row.type;
  }
  Fixture f;
  f.will_fail(Errc::invalid_argument);
  expect_error(f.call(), Errc::invalid_argument);
  f.will_fail(Errc::denied);
  expect_error(f.call(), Errc::unavailable);
  EXPECT_EQ(f.calls(), 2u);
}

TEST(JsonClient, GivesUpAfterSoManyAttempts) {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.will_refuse("ThrottlingException");
  expect_error(f.call(), Errc::unavailable);
  EXPECT_EQ(f.calls(), 5u);
}

// ST-01
TEST(JsonClient, WaitsWithFullJitter) {
  base::SeededRandom random{3};
  const Backoff backoff{milliseconds(25), milliseconds(2'000)};
  for (int attempt = 1; attempt <= 12; ++attempt) {
    const milliseconds ceiling(std::min(25 << (attempt - 1), 2'000));
    milliseconds least = ceiling;
    milliseconds most{0};
    for (int i = 0; i < 400; ++i) {
      const auto delay = delay_after(attempt, backoff, random);
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    EXPECT_GE(least, milliseconds(0));
    EXPECT_LE(most, ceiling);
    EXPECT_LT(least, ceiling / 8) << attempt;
    EXPECT_GT(most, ceiling * 7 / 8) << attempt;
  }
}

TEST(JsonClient, StaysWithinItsDeadline) {
  JsonClientOptions options;
  options.attempts_max = 100;
  Fixture f(Service::dynamodb, options);
  const auto start = f.clock.steady_now();
  f.http.set_script([&](const SeenRequest& request) {
    f.clock.advance(std::chrono::floor<seconds>(request.timeout));
    return ScriptedClient::failure(Errc::timeout);
  });
  const auto outcome = f.call();
  expect_error(outcome, Errc::timeout);
  EXPECT_LE(f.clock.steady_now() - start, seconds(8));
  EXPECT_EQ(f.calls(), 3u);
  EXPECT_EQ(f.http.seen().back().timeout, milliseconds(2'000)) << "what the deadline leaves";
}

// A write may stand when one attempt's answer was lost, whatever the last attempt met.
TEST(JsonClient, TellsThatAnOutcomeIsUnknown) {
  Fixture f;
  f.will_fail(Errc::timeout);
  for (int i = 0; i < 4; ++i) f.will_fail(Errc::unavailable);
  expect_error(f.call(), Errc::timeout);
  for (int i = 0; i < 5; ++i) f.will_fail(Errc::unavailable);
  expect_error(f.call(), Errc::unavailable);
}

// ---- Answers

// ST-05
TEST(JsonClient, TakesAGarbledAnswerForAFailure) {
  const std::string good = R"({"Item":{"a":{"S":"b"}}})";
  const auto checksum = [](std::string_view text) { return std::to_string(crc32(text)); };
  const struct {
    const char* name;
    std::string body;
    Headers headers;
  } rows[] = {
      {"truncated", good.substr(0, 12), {}},
      {"array", "[]", {}},
      {"string", "\"x\"", {}},
      {"null", "null", {}},
      {"html", "<html>", {}},
      {"bad UTF-8", "{\"a\":\"\xff\"}", {}},
      {"two values", good + good, {}},
      {"repeated name", R"({"Item":{},"Item":{}})", {}},
      {"nothing", "", {}},
      {"nothing, counted", "", {{"Content-Length", "0"}}},
      {"other checksum", good, {{"x-amz-crc32", checksum(good + " ")}}},
      {"odd checksum", good, {{"x-amz-crc32", "12x"}}},
      {"huge checksum", good, {{"x-amz-crc32", "99999999999"}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Fixture f;
    f.will_answer(200, row.body, row.headers);
    EXPECT_TRUE(f.call()) << "a second attempt helps";
    EXPECT_EQ(f.calls(), 2u);
    for (int i = 0; i < 5; ++i) f.will_answer(200, row.body, row.headers);
    const auto outcome = f.call();
    expect_error(outcome, Errc::unavailable);
    EXPECT_THAT(outcome.error().message, HasSubstr("garbled"));
    EXPECT_EQ(outcome.error().status, 200);
  }
}

TEST(JsonClient, ChecksTheChecksum) {
  Fixture f;
  // As published for the CRC-32 of zlib: "123456789" gives cbf43926.
  EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
  const std::string body = R"({"Item":{}})";
  f.will_answer(200, body, {{"x-amz-crc32", std::to_string(crc32(body))}});
  EXPECT_TRUE(f.call());
  f.will_answer(200, "", {{"x-amz-crc32", "0"}});
  EXPECT_TRUE(f.call("TagResource")) << "nothing, and that is sealed";
  EXPECT_EQ(f.calls(), 2u);
}

TEST(JsonClient, KmsMayAnswerNothing) {
  Fixture f(Service::kms);
  f.will_answer(200, "", {{"Content-Length", "0"}});
  EXPECT_TRUE(f.call("DisableKey"));
  EXPECT_EQ(f.calls(), 1u);
}

// ---- Credentials

// ST-12
TEST(JsonClient, RenewsCredentialsThatAwsRefuses) {
  for (const char* type : {"ExpiredTokenException", "UnrecognizedClientException"}) {
    Fixture f;
    f.will_refuse(type);
    EXPECT_TRUE(f.call());
    EXPECT_THAT(f.sent(0, "Authorization"), HasSubstr("AKIA1/"));
    EXPECT_THAT(f.sent(1, "Authorization"), HasSubstr("AKIA2/"));
    EXPECT_TRUE(f.pauses.empty());
    for (int i = 0; i < 5; ++i) f.will_refuse(type);
    expect_error(f.call(), Errc::denied);
    EXPECT_EQ(f.calls(), 4u) << "once, not for ever";
  }
}

TEST(JsonClient, SendsNothingWithoutCredentials) {
  Fixture f;
  f.source->failure = base::Error{Errc::not_found, "set AWS_ACCESS_KEY_ID"};
  const auto missing = f.call();
  expect_error(missing, Errc::denied);
  EXPECT_THAT(missing.error().message, HasSubstr("set AWS_ACCESS_KEY_ID"));
  f.source->failure = base::Error{Errc::timeout, "endpoint slow"};
  expect_error(f.call(), Errc::unavailable);
  EXPECT_EQ(f.calls(), 0u);
}

// ---- Clock

const Headers kAnHourAhead = {{"Date", "Tue, 24 Nov 2026 05:00:00 GMT"}};

// TM-05
TEST(JsonClient, SignsByAwssClockWhenOursIsWrong) {
  const struct {
    const char* type;
    const char* message;
  } rows[] = {{"InvalidSignatureException", "Signature expired: 20261124T040000Z is now earlier"},
              {"InvalidSignatureException", "Signature not yet current: 20261124T040000Z"},
              {"RequestTimeTooSkewed", ""},
              {"RequestExpired", ""}};
  for (const auto& row : rows) {
    Fixture f;
    f.will_refuse(row.type, row.message, kAnHourAhead);
    EXPECT_TRUE(f.call());
    EXPECT_EQ(f.sent(1, "X-Amz-Date"), "20261124T050000Z");
    EXPECT_TRUE(f.call()) << "and the next call begins with it";
    EXPECT_EQ(f.sent(2, "X-Amz-Date"), "20261124T050000Z");
    EXPECT_EQ(f.lines("signing by aws's clock"), 1u);
    EXPECT_THAT(f.log.text(), HasSubstr("this machine's clock is 3600 s behind AWS's"));
  }
}

TEST(JsonClient, TellsOfASkewThatPersists) {
  Fixture f;
  for (int i = 0; i < 5; ++i) {
    f.will_refuse("InvalidSignatureException", "Signature expired: x", kAnHourAhead);
  }
  const auto outcome = f.call();
  expect_error(outcome, Errc::denied);
  EXPECT_EQ(f.calls(), 2u);
  EXPECT_THAT(outcome.error().message, HasSubstr("clock is 3600 s behind AWS's"));
}

TEST(JsonClient, AWrongSecretIsNoSkew) {
  Fixture f;
  f.will_refuse("InvalidSignatureException", "does not match",
                {{"Date", "Tue, 24 Nov 2026 04:00:20 GMT"}});
  const auto outcome = f.call();
  expect_error(outcome, Errc::denied);
  EXPECT_EQ(f.calls(), 1u);
  EXPECT_THAT(outcome.error().message, Not(HasSubstr("clock")));
}

TEST(JsonClient, CallsSignedBeforeTheCorrectionFindItMade) {
  Fixture f;
  f.http.set_script([](const SeenRequest& request) {
    if (request.header("X-Amz-Date") == "20261124T050000Z")
      return ScriptedClient::answer(200, "{}");
    return ScriptedClient::answer(
        400, R"({"__type":"InvalidSignatureException","message":"Signature expired"})",
        kAnHourAhead);
  });
  std::vector<std::optional<Outcome>> outcomes(5);
  const auto body = base::Secret::copy_of("{}");
  for (auto& outcome : outcomes) {
    http::start_for_test(f.loop, f.client.call("GetItem", body), outcome);
  }
  f.loop.run();
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome && *outcome);
  EXPECT_EQ(f.calls(), 10u);
  EXPECT_EQ(f.lines("signing by aws's clock"), 1u);
}

// ---- What operators see

TEST(JsonClient, TellsOnceOfAFailureThatLastsAndOnceOfItsEnd) {
  Fixture f;
  for (int i = 0; i < 3; ++i) {
    f.will_refuse("AccessDeniedException", "no");
    expect_error(f.call(), Errc::denied);
  }
  EXPECT_EQ(f.warnings(), 1u);
  EXPECT_THAT(f.log.text(), HasSubstr(R"("operation":"GetItem")"));
  EXPECT_THAT(f.log.text(), HasSubstr(R"("error_type":"AccessDeniedException")"));
  EXPECT_THAT(f.log.text(), HasSubstr(R"("aws_request_id":"req-1")"));
  EXPECT_THAT(f.log.text(), HasSubstr(R"("attempt":1)"));
  f.will_refuse("DisabledException");
  expect_error(f.call(), Errc::denied);
  EXPECT_EQ(f.warnings(), 2u) << "another trouble is news";
  EXPECT_TRUE(f.call());
  EXPECT_TRUE(f.call());
  EXPECT_EQ(f.lines("aws answers again"), 1u);
  f.will_refuse("ConditionalCheckFailedException");
  expect_error(f.call(), Errc::conflict);
  EXPECT_EQ(f.warnings(), 2u) << "a condition that fails is an answer";
}

TEST(JsonClient, WritesNoSecretToLogOrError) {
  Fixture f;
  f.will_refuse("InvalidSignatureException",
                "no match. The Canonical String x-amz-security-token:session-t0ken");
  const auto outcome = f.call("PutItem", R"({"secret":"b0dy"})");
  ASSERT_FALSE(outcome);
  const auto line = to_error("dynamodb PutItem", outcome.error()).detail;
  for (const char* secret : {"s3cret", "session-t0ken", "b0dy", "Signature="}) {
    EXPECT_THAT(f.log.text(), Not(HasSubstr(secret)));
    EXPECT_THAT(line, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace gatehouse::aws
