// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/user_limiter.h"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <deque>
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

ApiError too_fast(milliseconds wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  return {ApiFault::rate_limited, "This account has used up what Google allows in a minute.",
          std::max(seconds, std::chrono::seconds(1)), 0};
}

}  // namespace

struct UserLimiter::Account {
  void leave();

  double units = 0;
  std::chrono::steady_clock::time_point refilled_at{};
  int running = 0;
  std::deque<Ticket*> queue;
};

// A wait for a place. However it ends, the account's count stays right: a ticket that was called
// but not used passes its place on.
class UserLimiter::Ticket {
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

void UserLimiter::Account::leave() {
  if (queue.empty()) {
    --running;
    return;
  }
  Ticket* const next = queue.front();
  queue.pop_front();
  next->call();
}

UserLimiter::Place& UserLimiter::Place::operator=(Place&& other) noexcept {
  std::swap(account_, other.account_);
  return *this;
}

UserLimiter::Place::~Place() {
  if (account_ != nullptr) account_->leave();
}

UserLimiter::UserLimiter(int units_per_minute, int calls_at_once, const base::Clock& clock,
                         base::Pause pause)
    : units_per_minute_(units_per_minute),
      calls_at_once_(calls_at_once),
      clock_(clock),
      pause_(std::move(pause)) {}

UserLimiter::~UserLimiter() = default;

std::shared_ptr<UserLimiter::Account> UserLimiter::account_of(const std::string& user) {
  const auto found = accounts_.find(user);
  if (found != accounts_.end()) return found->second;
  if (accounts_.size() >= kAccountsMax) forget_idle();
  auto account = std::make_shared<Account>();
  account->units = units_per_minute_;
  account->refilled_at = clock_.steady_now();
  accounts_[user] = account;
  return account;
}

// A full bucket that nobody holds is the same as none.
void UserLimiter::forget_idle() {
  std::erase_if(accounts_, [&](const auto& entry) {
    return entry.second.use_count() == 1 && units_now(*entry.second) >= units_per_minute_;
  });
}

double UserLimiter::units_now(const Account& account) const {
  const std::chrono::duration<double> passed = clock_.steady_now() - account.refilled_at;
  return std::min<double>(units_per_minute_,
                          account.units + passed.count() * units_per_minute_ / 60.0);
}

void UserLimiter::refill(Account& account) const {
  account.units = units_now(account);
  account.refilled_at = clock_.steady_now();
}

milliseconds UserLimiter::time_until_paid(const Account& account) const {
  if (account.units >= 0) return milliseconds(0);
  return milliseconds(
      static_cast<std::int64_t>(std::ceil(-account.units * 60'000.0 / units_per_minute_)));
}

ApiTask<UserLimiter::Place> UserLimiter::admit(const std::string& user, int units,
                                               Deadline deadline) {
  const auto account = account_of(user);
  refill(*account);
  if (account->queue.size() >= kQueueMax) co_return too_fast(kQueueHint);
  // Units are taken before the wait, so those who come later wait behind this call.
  account->units -= units;
  const auto wait = time_until_paid(*account);
  if (clock_.steady_now() + wait > deadline) {
    account->units += units;
    co_return too_fast(wait);
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
  co_return too_fast(kQueueHint);
}

int UserLimiter::units_left(const std::string& user) const {
  const auto found = accounts_.find(user);
  if (found == accounts_.end()) return units_per_minute_;
  return std::max(0, static_cast<int>(units_now(*found->second)));
}

}  // namespace gatehouse::google
