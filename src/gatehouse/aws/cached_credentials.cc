// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/cached_credentials.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <list>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;
using std::chrono::steady_clock;
using telemetry::Field;
using Timer =
    boost::asio::basic_waitable_timer<steady_clock, boost::asio::wait_traits<steady_clock>,
                                      base::Executor>;

constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;
constexpr std::chrono::seconds kRenewAhead{300};
// While the old credentials hold, a source is not asked more often than this.
constexpr std::chrono::seconds kRenewInterval{15};
// Fresh credentials may be unknown to AWS for a moment; refused again at once, they are not asked
// for again at once.
constexpr std::chrono::seconds kRejectInterval{5};

bool same(const Credentials& a, const Credentials& b) {
  return a.access_key_id == b.access_key_id &&
         base::equal_in_constant_time(a.session_token.reveal(), b.session_token.reveal()) &&
         base::equal_in_constant_time(a.secret_access_key.reveal(), b.secret_access_key.reveal());
}

}  // namespace

class CachedCredentials::Impl : public std::enable_shared_from_this<CachedCredentials::Impl> {
 public:
  Impl(std::unique_ptr<CredentialsSource> source, const base::Clock& clock, telemetry::Log& log)
      : source_(std::move(source)), clock_(clock), log_(log) {}

  base::Task<Credentials> get(std::chrono::milliseconds limit) {
    const base::Executor executor = co_await boost::asio::this_coro::executor;
    if (is_due()) begin_renewal(executor);
    if (serves()) co_return current_->clone();

    begin_renewal(executor);
    auto landed = co_await renewal_ended(executor, limit);
    if (!landed) co_return landed.error();
    if (serves()) co_return current_->clone();
    co_return failure_.value_or(Error{Errc::unavailable, "no usable AWS credentials"});
  }

  void reject(const Credentials& credentials) {
    if (!current_ || !same(*current_, credentials)) return;
    if (clock_.steady_now() - fetched_at_ < kRejectInterval && was_rejected_before_) return;
    rejected_ = true;
    was_rejected_before_ = true;
  }

 private:
  // A place in the list of those who wait for a renewal.
  class Waiting {
   public:
    Waiting(std::list<Timer*>& waiting, Timer& timer)
        : waiting_(waiting), place_(waiting.insert(waiting.end(), &timer)) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { waiting_.erase(place_); }

   private:
    std::list<Timer*>& waiting_;
    std::list<Timer*>::iterator place_;
  };

  bool serves() const {
    return current_ && !rejected_ && (!current_->expires || clock_.now() < *current_->expires);
  }

  bool is_due() const {
    if (!serves() || !current_->expires) return !serves();
    const bool ahead = clock_.now() >= *current_->expires - kRenewAhead;
    return ahead && clock_.steady_now() >= next_renewal_;
  }

  // The renewal belongs to nobody who waits for it, so a caller that gives up takes nothing away
  // from the others.
  void begin_renewal(const base::Executor& executor) {
    if (renewing_) return;
    renewing_ = true;
    auto ended = [self = shared_from_this()](std::exception_ptr trouble) {
      if (trouble) self->keep(Error{Errc::internal, "asking for credentials ended abruptly"});
      self->land();
    };
    boost::asio::co_spawn(executor, renew(shared_from_this()), std::move(ended));
  }

  static base::Coroutine<void> renew(std::shared_ptr<Impl> self) {
    auto fetched = co_await self->source_->fetch();
    self->keep(std::move(fetched));
  }

  void keep(base::Result<Credentials> fetched) {
    next_renewal_ = clock_.steady_now() + kRenewInterval;
    if (fetched && fetched->expires && *fetched->expires <= clock_.now()) {
      fetched = Error{Errc::unavailable, fetched->source +
                                             " gives credentials that have ended already; check "
                                             "this machine's clock"};
    }
    if (!fetched) {
      note_failure(fetched.error());
      failure_ = fetched.error();
      return;
    }
    note_success(*fetched);
    was_rejected_before_ = was_rejected_before_ && current_ && same(*current_, *fetched);
    current_ = std::move(*fetched);
    rejected_ = false;
    failure_.reset();
    fetched_at_ = clock_.steady_now();
  }

  void note_failure(const Error& error) {
    if (failure_ && failure_->detail == error.detail) return;
    std::string detail = error.detail;
    if (serves() && current_->expires)
      detail += "; the old ones serve for " + std::to_string(seconds_left()) + " s more";
    log_.warn("aws credentials cannot be had",
              {{Field::reason, name_of(error.code)}, {Field::detail, detail}});
  }

  void note_success(const Credentials& credentials) {
    if (failure_) {
      log_.info("aws credentials can be had again", {{Field::detail, credentials.source}});
    } else if (!current_ || current_->source != credentials.source) {
      log_.info("aws credentials found", {{Field::detail, credentials.source}});
    }
  }

  std::int64_t seconds_left() const { return (*current_->expires - clock_.now()).count(); }

  void land() {
    renewing_ = false;
    for (Timer* const timer : waiting_) timer->cancel();
  }

  base::Task<void> renewal_ended(const base::Executor& executor, std::chrono::milliseconds limit) {
    Timer timer(executor, limit);
    const Waiting place(waiting_, timer);
    while (renewing_) {
      boost::system::error_code woken;
      auto token = boost::asio::redirect_error(kAwait, woken);
      co_await timer.async_wait(token);
      if (!woken && renewing_) {
        co_return Error{Errc::timeout, "AWS credentials take too long to come"};
      }
    }
    co_return base::Result<void>();
  }

  const std::unique_ptr<CredentialsSource> source_;
  const base::Clock& clock_;
  telemetry::Log& log_;

  std::optional<Credentials> current_;
  bool rejected_ = false;
  bool was_rejected_before_ = false;
  std::optional<Error> failure_;  // of the last attempt
  steady_clock::time_point fetched_at_{};
  steady_clock::time_point next_renewal_{};
  bool renewing_ = false;
  std::list<Timer*> waiting_;
};

CachedCredentials::CachedCredentials(std::unique_ptr<CredentialsSource> source,
                                     const base::Clock& clock, telemetry::Log& log)
    : impl_(std::make_shared<Impl>(std::move(source), clock, log)) {}

CachedCredentials::~CachedCredentials() = default;

base::Task<Credentials> CachedCredentials::get(std::chrono::milliseconds limit) {
  return impl_->get(limit);
}

void CachedCredentials::reject(const Credentials& credentials) { impl_->reject(credentials); }

}  // namespace gatehouse::aws
