// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/api_client.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/google/answer.h"
#include "gatehouse/google/call_counts.h"
#include "gatehouse/google/quota_limiter.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::google {
namespace {

using namespace std::chrono_literals;
using base::JsonDocument;
using telemetry::Field;

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;
constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;
constexpr std::chrono::milliseconds kDelayMax = 32s;

// No usable answer came: what to make of it depends on whether the call may be sent twice.
Verdict judge_silence(const base::Error& error, bool repeatable) {
  Verdict verdict;
  verdict.step = Step::retry_if_safe;
  switch (error.code) {
    case base::Errc::timeout:
      verdict.error.message = "Google did not answer in time.";
      return verdict;
    case base::Errc::denied:
      verdict.step = Step::give_up;
      verdict.error.code = ApiFault::too_large;
      verdict.error.message = "Google's answer is larger than Gatehouse takes.";
      return verdict;
    case base::Errc::invalid_argument:
      verdict.step = Step::give_up;
      verdict.error.code = ApiFault::invalid_argument;
      verdict.error.message = "The request is too long or malformed.";
      return verdict;
    default:
      // A call that may go out once only says so to the HTTP client, and this error then means that
      // it did not go out.
      if (!repeatable) verdict.step = Step::wait_and_retry;
      verdict.error.message = "Google could not be reached.";
      return verdict;
  }
}

ApiError malformed_call() {
  return {ApiFault::invalid_argument, "An identifier is empty or malformed.", std::nullopt, 0};
}

ApiError lost_write(ApiError error) {
  error.code = ApiFault::outcome_unknown;
  error.message = "Google's answer was lost, so this may or may not have happened.";
  error.retry_after.reset();
  return error;
}

}  // namespace

ApiCall& ApiCall::segment(std::string_view raw) {
  malformed = malformed || raw.empty() || raw == "." || raw == "..";
  path += '/';
  path += base::percent_encode(raw);
  return *this;
}

ApiCall& ApiCall::literal(std::string_view fixed) {
  path += fixed;
  return *this;
}

ApiCall& ApiCall::parameter(std::string_view name, std::string_view value) {
  query += query.empty() ? "" : "&";
  query += base::percent_encode(name);
  query += '=';
  query += base::percent_encode(value);
  return *this;
}

class ApiClient::Impl {
 public:
  Impl(http::Client& client, ApiClientOptions options, const base::Clock& clock,
       base::Random& random, telemetry::Log& log)
      : client_(client),
        options_(std::move(options)),
        clock_(clock),
        random_(random),
        log_(log),
        pause_(options_.pause ? options_.pause : base::pause_on_timer()) {
    limiters_.reserve(kApiCount);
    for (std::size_t i = 0; i < kApiCount; ++i) {
      limiters_.push_back(std::make_unique<QuotaLimiter>(
          options_.quotas.of(static_cast<Api>(i)), options_.calls_per_user_at_once, clock, pause_));
    }
  }

  ApiTask<ApiDocument> call(TokenSource& tokens, const ApiCall& call) {
    if (call.malformed) co_return malformed_call();
    auto deadline = clock_.steady_now() + options_.total_limit;
    auto first_token = co_await tokens.access_token();
    if (!first_token) co_return first_token.error();
    base::Secret token = std::move(*first_token);
    bool renewed = false;
    QuotaLimiter& limiter = limiter_of(call.api);
    const int price = options_.quotas.price_of(call.method_id);

    for (int attempt = 1;; ++attempt) {
      auto place = co_await limiter.admit(tokens.user_key(), price, deadline);
      if (!place) co_return place.error();
      http::ClientRequest request = request_for(call, token, deadline, tokens.trace());
      auto response = co_await client_.send(request);
      if (call.upload) *call.upload = std::move(request.body);
      *place = QuotaLimiter::Place();
      counts().units += static_cast<std::uint64_t>(price);
      if (response && response->status >= 200 && response->status < 300) {
        ++counts().answered;
        co_return parsed(std::move(*response), call.repeatable);
      }

      Verdict verdict = response ? judge(*response, clock_.now())
                                 : judge_silence(response.error(), call.repeatable);
      count(verdict.error);
      note(call, verdict, attempt, tokens.trace());
      if (verdict.step == Step::renew_token && !renewed) {
        auto newer = co_await tokens.renewed_token(token);
        if (!newer) co_return newer.error();
        token = std::move(*newer);
        renewed = true;
        continue;
      }
      bool repeat = verdict.step == Step::wait_and_retry ||
                    (verdict.step == Step::retry_if_safe && call.repeatable);
      if (!repeat && verdict.step == Step::retry_if_safe) co_return lost_write(verdict.error);
      if (!repeat) co_return verdict.error;
      std::chrono::milliseconds delay = delay_before_next(verdict.error, attempt);
      if (verdict.concerns_project) limiter.hold(delay);
      if (attempt >= options_.attempts_max || clock_.steady_now() + delay >= deadline) {
        if (!verdict.error.retry_after)
          verdict.error.retry_after = std::chrono::ceil<std::chrono::seconds>(delay);
        co_return verdict.error;
      }
      co_await pause_(delay);
    }
  }

  base::Coroutine<std::vector<ApiResult<ApiDocument>>> call_each(
      TokenSource& tokens, const std::vector<ApiCall>& calls) {
    std::vector<ApiResult<ApiDocument>> results;
    // One look at the token before the fan-out: a sign-in that is over fails once, and a due
    // refresh happens once.
    auto token = co_await tokens.access_token();
    if (!token) {
      for (std::size_t i = 0; i < calls.size(); ++i) results.emplace_back(token.error());
      co_return results;
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto gathering = std::make_shared<Gathering>(executor, calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) {
      auto arrived = [gathering](std::exception_ptr trouble) { gathering->arrive(trouble); };
      auto cancellable = boost::asio::bind_cancellation_slot(gathering->cancellations[i].slot(),
                                                             std::move(arrived));
      boost::asio::co_spawn(executor, call_into(tokens, calls[i], gathering, i),
                            std::move(cancellable));
    }
    co_await all_arrived(*gathering);
    if (gathering->trouble) std::rethrow_exception(gathering->trouble);
    for (auto& slot : gathering->slots) results.push_back(*std::move(slot));
    co_return results;
  }

  int units_left(const std::string& user_key) const {
    return limiter_of(Api::gmail).units_left(user_key);
  }

 private:
  QuotaLimiter& limiter_of(Api api) const { return *limiters_[static_cast<std::size_t>(api)]; }

  // Where parallel calls meet.
  struct Gathering {
    Gathering(const base::Executor& executor, std::size_t count)
        : complete(executor, Timer::time_point::max()),
          slots(count),
          cancellations(count),
          missing(count) {}

    void arrive(std::exception_ptr failure) {
      if (failure) trouble = failure;
      if (--missing == 0) complete.cancel();
    }
    void cancel() {
      if (std::exchange(cancelled, true)) return;
      for (auto& cancellation : cancellations)
        cancellation.emit(boost::asio::cancellation_type::terminal);
    }

    Timer complete;
    std::vector<std::optional<ApiResult<ApiDocument>>> slots;
    std::vector<boost::asio::cancellation_signal> cancellations;
    std::size_t missing;
    bool cancelled = false;
    std::exception_ptr trouble;
  };

  // `tokens` and `one` live until all calls have arrived, because their owner waits for that.
  base::Coroutine<void> call_into(TokenSource& tokens, const ApiCall& one,
                                  std::shared_ptr<Gathering> gathering, std::size_t index) {
    auto result = co_await call(tokens, one);
    gathering->slots[index].emplace(std::move(result));
  }

  // A gatherer that is cancelled cancels its calls, but does not leave before they have ended: they
  // use what is its own.
  static base::Coroutine<void> all_arrived(Gathering& gathering) {
    const bool throws = co_await boost::asio::this_coro::throw_if_cancelled();
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    while (gathering.missing > 0) {
      boost::system::error_code woken;
      auto wait = boost::asio::redirect_error(kAwait, woken);
      co_await gathering.complete.async_wait(wait);
      const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != boost::asio::cancellation_type::none) gathering.cancel();
    }
    co_await boost::asio::this_coro::throw_if_cancelled(throws);
  }

  http::ClientRequest request_for(const ApiCall& call, const base::Secret& token,
                                  QuotaLimiter::Deadline deadline,
                                  const telemetry::RequestTrace& trace) const {
    http::ClientRequest request;
    request.method = call.method;
    request.url = (options_.base_url.empty() ? std::string(root_of(call.api)) : options_.base_url) +
                  call.path + "?prettyPrint=false";
    if (!call.query.empty()) request.url += "&" + call.query;
    request.bearer = token.clone();
    request.send_once = !call.repeatable;
    request.body_bytes_max = call.answer_bytes_max;
    request.headers.push_back({"Accept", "application/json"});
    std::string parent = trace.traceparent_of_call();
    if (!parent.empty()) request.headers.push_back({"traceparent", std::move(parent)});
    if (call.upload) {
      request.headers.push_back({"Content-Type", call.upload_type});
      request.body = std::move(*call.upload);
    } else if (!call.json_body.empty()) {
      request.headers.push_back({"Content-Type", "application/json"});
      request.body = base::Secret::copy_of(call.json_body);
    }
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_.steady_now());
    const auto most = call.upload ? options_.total_limit : options_.call_timeout;
    request.timeout = std::clamp(left, std::chrono::milliseconds(1), most);
    return request;
  }

  static ApiResult<ApiDocument> parsed(http::ClientResponse&& response, bool repeatable) {
    base::JsonLimits limits;
    limits.depth_max = 128;
    limits.refuse_duplicate_names = false;
    auto document =
        JsonDocument::parse(response.body.empty() ? "{}" : response.body.reveal(), limits);
    if (!document || !document->root().is_object()) {
      ApiError unreadable{ApiFault::google_unavailable, "Google's answer could not be read.",
                          std::chrono::seconds(5), response.status};
      return repeatable ? unreadable : lost_write(unreadable);
    }
    return ApiDocument(std::move(*document), std::move(response.held));
  }

  // What Google asks for, else exponential with jitter.
  std::chrono::milliseconds delay_before_next(const ApiError& error, int attempt) {
    std::uint8_t byte[2];
    random_.fill(byte);
    std::chrono::milliseconds jitter((byte[0] * 256 + byte[1]) % 1000);
    if (error.retry_after) return *error.retry_after + jitter / 4;
    std::chrono::milliseconds backoff = 500ms * (1 << std::min(attempt - 1, 6));
    return std::min(backoff + jitter, kDelayMax);
  }

  CallCounts& counts() { return options_.counts != nullptr ? *options_.counts : own_counts_; }

  void count(const ApiError& error) {
    if (error.code == ApiFault::rate_limited) {
      ++counts().throttled;
    } else if (error.status >= 400 && error.status < 500) {
      ++counts().refused;
    } else {
      ++counts().failed;
    }
  }

  void note(const ApiCall& call, const Verdict& verdict, int attempt,
            const telemetry::RequestTrace& trace) {
    telemetry::TracedLog(log_, trace)
        .debug("google call failed", {{Field::upstream, name_of(call.api)},
                                      {Field::upstream_status, verdict.error.status},
                                      {Field::reason, google::name_of(verdict.error.code)},
                                      {Field::attempt, attempt}});
  }

  http::Client& client_;
  ApiClientOptions options_;
  const base::Clock& clock_;
  base::Random& random_;
  telemetry::Log& log_;
  base::Pause pause_;
  std::vector<std::unique_ptr<QuotaLimiter>> limiters_;  // by Api
  CallCounts own_counts_;
};

ApiClient::ApiClient(http::Client& client, ApiClientOptions options, const base::Clock& clock,
                     base::Random& random, telemetry::Log& log)
    : impl_(std::make_unique<Impl>(client, std::move(options), clock, random, log)) {}

ApiClient::~ApiClient() = default;

ApiTask<ApiDocument> ApiClient::call(TokenSource& tokens, const ApiCall& call) {
  return impl_->call(tokens, call);
}

base::Coroutine<std::vector<ApiResult<ApiDocument>>> ApiClient::call_each(
    TokenSource& tokens, const std::vector<ApiCall>& calls) {
  return impl_->call_each(tokens, calls);
}

int ApiClient::units_left(const std::string& user_key) const { return impl_->units_left(user_key); }

}  // namespace gatehouse::google
