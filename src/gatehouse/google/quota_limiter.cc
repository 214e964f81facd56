// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/quota_limiter.h"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <string_view>
#include <utility>

namespace gatehouse::google {
namespace {

using std::chrono::milliseconds;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;
constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;
constexpr std::size_t kAccountsMax = 10'000;
constexpr std::size_t kQueueMax = 200;
constexpr milliseconds kQueueHint{5'000};

constexpr milliseconds kHoldMax{60'000};

ApiError too_fast(milliseconds wait, std::string_view who) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  return {ApiFault::rate_limited, std::string(who) + " used up what Google allows in a minute.",
          std::max(seconds, std::chrono::seconds(1)), 0};
}

constexpr std::string_view kThisAccount = "This account has";
constexpr std::string_view kEverybody = "All users of this gateway together have";

}  // namespace

struct QuotaLimiter::Account {
  Account(int units_per_minute, UnitBucket::Time now) : bucket(units_per_minute, now) {}

  void leave();

  UnitBucket bucket;
  int running = 0;
  std::deque<Ticket*> queue;
};

// A wait for a place. However it ends, the account's count stays right: a ticket that was called
// but not used passes its place on.
class QuotaLimiter::Ticket {
 public:
  Ticket(Account& account, const base::Executor& executor, milliseconds patience)
      : account_(account), timer_(executor, patience) {
    account_.queue.push_back(this);
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket() {
    if (called_) {
      account_.leave();
    } else {
      std::erase(account_.queue, this);
    }
  }

  Timer& timer() { return timer_; }
  void call() {
    called_ = true;
    timer_.cancel();
  }
  // True when the place is now the caller's.
  bool take() {
    if (!called_) return false;
    called_ = false;
    return true;
  }

 private:
  Account& account_;
  Timer timer_;
  bool called_ = false;
};

void QuotaLimiter::Account::leave() {
  if (queue.empty()) {
    --running;
    return;
  }
  Ticket* const next = queue.front();
  queue.pop_front();
  next->call();
}

QuotaLimiter::Place& QuotaLimiter::Place::operator=(Place&& other) noexcept {
  std::swap(account_, other.account_);
  return *this;
}

QuotaLimiter::Place::~Place() {
  if (account_ != nullptr) account_->leave();
}

QuotaLimiter::QuotaLimiter(ApiQuota quota, int calls_at_once, const base::Clock& clock,
                           base::Pause pause)
    : quota_(quota),
      calls_at_once_(calls_at_once),
      clock_(clock),
      pause_(std::move(pause)),
      project_(quota.per_project, clock.steady_now()) {}

QuotaLimiter::~QuotaLimiter() = default;

std::shared_ptr<QuotaLimiter::Account> QuotaLimiter::account_of(const std::string& user) {
  const auto found = accounts_.find(user);
  if (found != accounts_.end()) return found->second;
  if (accounts_.size() >= kAccountsMax) forget_idle();
  auto account = std::make_shared<Account>(quota_.per_user, clock_.steady_now());
  accounts_[user] = account;
  return account;
}

// A full bucket that nobody holds is the same as none.
void QuotaLimiter::forget_idle() {
  std::erase_if(accounts_, [&](const auto& entry) {
    return entry.second.use_count() == 1 && entry.second->bucket.is_full(clock_.steady_now());
  });
}

void QuotaLimiter::hold(milliseconds wait) {
  const auto now = clock_.steady_now();
  project_.hold(now + std::min(wait, kHoldMax), now);
}

ApiTask<QuotaLimiter::Place> QuotaLimiter::admit(const std::string& user, int units,
                                                 Deadline deadline) {
  const auto account = account_of(user);
  if (account->queue.size() >= kQueueMax) co_return too_fast(kQueueHint, kThisAccount);
  // Units are taken before the wait, so those who come later wait behind this call.
  const auto now = clock_.steady_now();
  account->bucket.take(units, now);
  project_.take(units, now);
  const milliseconds own_wait = account->bucket.time_until_paid(now);
  const milliseconds common_wait = project_.time_until_paid(now);
  const milliseconds wait = std::max(own_wait, common_wait);
  if (now + wait > deadline) {
    account->bucket.give_back(units);
    project_.give_back(units);
    co_return too_fast(wait, own_wait >= common_wait ? kThisAccount : kEverybody);
  }
  if (wait.count() > 0) {
    co_await pause_(wait);
  }

  if (account->running < calls_at_once_) {
    ++account->running;
    co_return Place(account);
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto patience = std::chrono::ceil<milliseconds>(deadline - clock_.steady_now());
  Ticket ticket(*account, executor, patience);
  boost::system::error_code ignored;
  auto token = boost::asio::redirect_error(kAwait, ignored);
  co_await ticket.timer().async_wait(token);
  if (ticket.take()) co_return Place(account);
  co_return too_fast(kQueueHint, kThisAccount);
}

int QuotaLimiter::units_left(const std::string& user) const {
  const auto found = accounts_.find(user);
  if (found == accounts_.end()) return quota_.per_user;
  return std::max(0, static_cast<int>(found->second->bucket.units(clock_.steady_now())));
}

}  // namespace gatehouse::google
