// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/json_client.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "gatehouse/aws/backoff.h"
#include "gatehouse/aws/clock_offset.h"
#include "gatehouse/aws/crc32.h"
#include "gatehouse/aws/credentials_request.h"
#include "gatehouse/aws/retry_judge.h"
#include "gatehouse/aws/sigv4.h"
#include "gatehouse/base/encoding.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::JsonDocument;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using telemetry::Field;

// What AWS's Date header and our clock may differ by without being the reason of a refusal.
constexpr seconds kHarmlessOffset{30};
// DynamoDB's values nest to 32 levels, each of two in JSON.
constexpr std::size_t kDepthMax = 100;

struct Protocol {
  std::string_view target;
  std::string_view content_type;
};

Protocol protocol_of(Service service) {
  switch (service) {
    case Service::dynamodb:
      return {"DynamoDB_20120810.", "application/x-amz-json-1.0"};
    case Service::kms:
      return {"TrentService.", "application/x-amz-json-1.1"};
    case Service::sts:
      break;
  }
  assert(false && "STS speaks the Query protocol");
  return {};
}

// An attempt that gave nothing, and what may help.
struct Failure {
  Failure() {}
  AwsError error;
  Remedy remedy = Remedy::none;
};

Failure garbled(const http::ClientResponse& response, const char* how) {
  Failure failure;
  failure.error.code = Errc::unavailable;
  failure.error.message = std::string("the answer is garbled: ") + how;
  failure.error.request_id = read_json_error(response).request_id;
  failure.error.status = response.status;
  failure.remedy = Remedy::wait;
  return failure;
}

Failure silence(const base::Error& error) {
  Failure failure;
  failure.error.code = error.code;
  failure.error.message = error.detail;
  const bool passes = error.code == Errc::timeout || error.code == Errc::unavailable;
  failure.remedy = passes ? Remedy::wait : Remedy::none;
  // An answer beyond the bounds of size is a fault of whoever answers.
  if (error.code == Errc::denied) failure.error.code = Errc::unavailable;
  return failure;
}

bool is_encoded(const http::ClientResponse& response) {
  const std::string_view encoding = response.header("content-encoding");
  return !encoding.empty() && !base::equal_ignoring_case(encoding, "identity");
}

// The checksum is of the bytes on the wire, and those are not at hand when something has compressed
// them although we asked for none.
bool checksum_differs(const http::ClientResponse& response) {
  const std::string_view text = response.header("x-amz-crc32");
  if (text.empty() || is_encoded(response)) return false;
  std::uint32_t announced = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), announced);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return !whole || announced != crc32(response.body.reveal());
}

// Operations without output answer nothing at all. For DynamoDB only a checksum tells that from an
// answer that was lost on the way, and `{}` would mean that an item is absent.
bool may_be_empty(const http::ClientResponse& response, Service service) {
  if (service != Service::dynamodb) return response.header("content-length") == "0";
  return response.header("x-amz-crc32") == "0";
}

base::Result<JsonDocument, Failure> read_answer(const http::ClientResponse& response,
                                                Service service) {
  if (checksum_differs(response)) return garbled(response, "its checksum differs");
  if (response.status != 200) {
    Failure failure;
    failure.error = read_json_error(response);
    failure.remedy = judge(failure.error.status, failure.error.type, failure.error.message).remedy;
    return failure;
  }
  base::JsonLimits limits;
  limits.depth_max = kDepthMax;
  if (response.body.empty()) {
    if (!may_be_empty(response, service)) return garbled(response, "it is empty");
    auto nothing = JsonDocument::parse("{}", limits);
    return std::move(*nothing);
  }
  auto document = JsonDocument::parse(response.body.reveal(), limits);
  if (!document) return garbled(response, "it is no JSON");
  if (!document->root().is_object()) return garbled(response, "it is no JSON object");
  return std::move(*document);
}

bool is_about_time(const AwsError& error) {
  if (error.type.find("Signature") == std::string::npos && error.type != "AuthFailure") return true;
  return error.message.find("expired") != std::string::npos ||
         error.message.find("not yet current") != std::string::npos;
}

// Whether operators should hear of it: what callers ask for by a condition is an answer like
// others.
bool is_trouble(const AwsError& error) {
  return error.code != Errc::conflict && error.code != Errc::not_found;
}

}  // namespace

class JsonClient::Impl {
 public:
  Impl(Service service, Endpoint endpoint, http::Client& client, CachedCredentials& credentials,
       JsonClientOptions options, const base::Clock& clock, base::Random& random,
       telemetry::Log& log)
      : service_(service),
        protocol_(protocol_of(service)),
        endpoint_(std::move(endpoint)),
        host_(endpoint_.url.substr(endpoint_.url.find("//") + 2)),
        client_(client),
        credentials_(credentials),
        options_(std::move(options)),
        clock_(clock),
        random_(random),
        log_(log),
        pause_(options_.pause ? options_.pause : base::pause_on_timer()) {}

  AwsTask<JsonDocument> call(std::string operation, const base::Secret& body) {
    Progress progress;
    progress.deadline = clock_.steady_now() + options_.deadline;
    while (true) {
      ++progress.attempt;
      auto answer = co_await attempt(operation, body, progress);
      if (answer) {
        note_success(operation);
        co_return std::move(*answer);
      }
      Failure failure = answer.error();
      const std::optional<milliseconds> delay = next_delay(failure, progress);
      if (!delay) {
        const AwsError error = final_error(failure, progress);
        note_failure(operation, error, progress.attempt);
        co_return error;
      }
      note_attempt(operation, failure.error, progress.attempt);
      if (delay->count() > 0) {
        co_await pause_(*delay);
      }
    }
  }

  const Endpoint& endpoint() const { return endpoint_; }
  std::uint64_t failures() const { return failures_; }

 private:
  // How far one call has come.
  struct Progress {
    Progress() {}
    steady_clock::time_point deadline{};
    int attempt = 0;
    bool renewed = false;       // credentials were rejected once
    bool corrected = false;     // the clock was corrected once
    bool outcome_lost = false;  // an attempt went out and nobody knows what became of it
  };
  using Attempt = base::Result<JsonDocument, Failure>;

  base::Coroutine<Attempt> attempt(const std::string& operation, const base::Secret& body,
                                   Progress& progress) {
    const milliseconds left = time_left(progress);
    auto credentials = co_await credentials_.get(left);
    if (!credentials) co_return without_credentials(credentials.error());
    const milliseconds timeout = std::min(options_.attempt_timeout, time_left(progress));
    const base::SystemTime signed_at = clock_.now() + offset_;
    const CredentialedRequest request =
        request_for(operation, body, *credentials, signed_at, timeout);
    auto response = co_await client_.send(request.http);
    if (!response) {
      progress.outcome_lost = progress.outcome_lost || response.error().code == Errc::timeout;
      co_return silence(response.error());
    }
    auto answer = read_answer(*response, service_);
    if (answer) co_return std::move(*answer);
    Failure failure = answer.error();
    follow_remedy(failure, *response, *credentials, signed_at, progress);
    co_return failure;
  }

  milliseconds time_left(const Progress& progress) const {
    const auto left = std::chrono::floor<milliseconds>(progress.deadline - clock_.steady_now());
    return std::max(left, milliseconds(1));
  }

  CredentialedRequest request_for(const std::string& operation, const base::Secret& body,
                                  const Credentials& credentials, base::SystemTime at,
                                  milliseconds timeout) const {
    CredentialedRequest request;
    request.http.method = http::Method::post;
    request.http.url = endpoint_.url + "/";
    request.http.headers = {{"Content-Type", std::string(protocol_.content_type)},
                            {"X-Amz-Target", std::string(protocol_.target) + operation}};
    SigningRequest signing;
    signing.host = host_;
    signing.headers = request.http.headers;
    signing.body = body.reveal();
    SigningScope scope;
    scope.region = endpoint_.region;
    scope.service = name_of(service_);
    for (http::Header& header : sign(signing, scope, credentials, at)) {
      request.http.headers.push_back(std::move(header));
    }
    // Not signed: proxies may change it. The checksum is of the body as it travels.
    request.http.headers.push_back({"Accept-Encoding", "identity"});
    request.http.body = body.clone();
    request.http.timeout = timeout;
    request.http.body_bytes_max = options_.answer_bytes_max;
    return request;
  }

  static Failure without_credentials(const base::Error& error) {
    Failure failure;
    const bool passes = error.code == Errc::timeout || error.code == Errc::unavailable;
    failure.error.code = passes ? Errc::unavailable : Errc::denied;
    failure.error.message = "no credentials to sign with: " + error.detail;
    return failure;
  }

  // Sets right what can be set right once per call; what cannot is left without a remedy.
  void follow_remedy(Failure& failure, const http::ClientResponse& response,
                     const Credentials& credentials, base::SystemTime signed_at,
                     Progress& progress) {
    if (failure.remedy == Remedy::renew_credentials) {
      if (std::exchange(progress.renewed, true)) {
        failure.remedy = Remedy::none;
      } else {
        credentials_.reject(credentials);
      }
    }
    if (failure.remedy != Remedy::correct_clock) return;
    // By the clock as it is now: it may have been set while the request was under way.
    const base::SystemTime now = clock_.now();
    const auto offset = clock_offset(response, now);
    const bool differs = offset && std::chrono::abs(now + *offset - signed_at) > kHarmlessOffset;
    if (differs && !std::exchange(progress.corrected, true)) {
      correct_clock(*offset);
      return;
    }
    failure.remedy = Remedy::none;
    const seconds known = offset.value_or(offset_);
    if (!is_about_time(failure.error) || std::chrono::abs(known) <= kHarmlessOffset) return;
    failure.error.message += "; " + describe_clock_offset(known);
  }

  // Calls that were signed before the correction come here too, and find it made.
  void correct_clock(seconds offset) {
    if (std::chrono::abs(offset - offset_) <= kHarmlessOffset) return;
    offset_ = offset;
    const std::string words = describe_clock_offset(offset);
    log_.warn("signing by aws's clock",
              {{Field::upstream, name_of(service_)}, {Field::detail, words}});
  }

  // How long to wait before another attempt; nullopt: there is none.
  std::optional<milliseconds> next_delay(const Failure& failure, const Progress& progress) {
    if (failure.remedy == Remedy::none || progress.attempt >= options_.attempts_max) {
      return std::nullopt;
    }
    milliseconds delay{0};
    if (failure.remedy == Remedy::wait || failure.remedy == Remedy::wait_longer) {
      Backoff backoff{options_.delay_base, options_.delay_max};
      if (failure.remedy == Remedy::wait_longer) backoff.base *= 4;
      delay = delay_after(progress.attempt, backoff, random_);
    }
    if (clock_.steady_now() + delay >= progress.deadline) return std::nullopt;
    return delay;
  }

  // A later attempt that certainly did nothing says nothing of one before it.
  static AwsError final_error(const Failure& failure, const Progress& progress) {
    AwsError error = failure.error;
    if (progress.outcome_lost && error.code == Errc::unavailable) error.code = Errc::timeout;
    return error;
  }

  // ---- What operators see: a failure that lasts is told once, and so is its end.

  void note_attempt(const std::string& operation, const AwsError& error, int attempt) {
    write(telemetry::Level::debug, "aws call is tried again", operation, error, attempt);
  }

  void note_failure(const std::string& operation, const AwsError& error, int attempt) {
    if (!is_trouble(error)) {
      note_success(operation);
      write(telemetry::Level::debug, "aws call refused", operation, error, attempt);
      return;
    }
    ++failures_;
    const std::string trouble = std::string(base::name_of(error.code)) + " " + error.type;
    std::string& known = troubles_[operation];
    const bool told = known == trouble;
    known = trouble;
    write(told ? telemetry::Level::debug : telemetry::Level::warn, "aws call failed", operation,
          error, attempt);
  }

  void note_success(const std::string& operation) {
    if (troubles_.empty() || troubles_.erase(operation) == 0) return;
    log_.info("aws answers again",
              {{Field::upstream, name_of(service_)}, {Field::operation, operation}});
  }

  void write(telemetry::Level level, std::string_view event, const std::string& operation,
             const AwsError& error, int attempt) {
    log_.write(level, event,
               {{Field::upstream, name_of(service_)},
                {Field::operation, operation},
                {Field::reason, base::name_of(error.code)},
                {Field::error_type, error.type},
                {Field::detail, error.message},
                {Field::aws_request_id, error.request_id},
                {Field::upstream_status, error.status},
                {Field::attempt, attempt}});
  }

  const Service service_;
  const Protocol protocol_;
  const Endpoint endpoint_;
  const std::string host_;
  http::Client& client_;
  CachedCredentials& credentials_;
  const JsonClientOptions options_;
  const base::Clock& clock_;
  base::Random& random_;
  telemetry::Log& log_;
  const base::Pause pause_;
  seconds offset_{0};                            // AWS's clock less ours
  std::map<std::string, std::string> troubles_;  // by operation
  std::uint64_t failures_ = 0;
};

JsonClient::JsonClient(Service service, Endpoint endpoint, http::Client& client,
                       CachedCredentials& credentials, JsonClientOptions options,
                       const base::Clock& clock, base::Random& random, telemetry::Log& log)
    : impl_(std::make_unique<Impl>(service, std::move(endpoint), client, credentials,
                                   std::move(options), clock, random, log)) {}

JsonClient::~JsonClient() = default;

AwsTask<JsonDocument> JsonClient::call(std::string_view operation, const base::Secret& body) {
  return impl_->call(std::string(operation), body);
}

const Endpoint& JsonClient::endpoint() const { return impl_->endpoint(); }

std::uint64_t JsonClient::failures() const { return impl_->failures(); }

}  // namespace gatehouse::aws
