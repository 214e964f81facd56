// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/user_limiter.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace gatehouse::google {
namespace {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                                base::Executor>;
constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;
constexpr std::size_t kAccountsMax = 10'000;
constexpr std::size_t kQueueMax = 200;

ApiError too_fast(std::chrono::milliseconds wait) {
  auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  return {ApiFault::rate_limited, "This account has used up what Google allows in a minute.", std::max(seconds, std::chrono::seconds(1)), 0};
}

}  // namespace

struct UserLimiter::Account {
  double units = 0;
  std::chrono::steady_clock::time_point refilled_at{};
  int running = 0;
  std::deque<std::shared_ptr<Timer>> queue;  // cancelled to hand a place over
};

UserLimiter::Place::Place(Place&& other) noexcept
    : limiter_(std::exchange(other.limiter_, nullptr)), user_(std::move(other.user_)) {}

UserLimiter::Place& UserLimiter::Place::operator=(Place&& other) noexcept {
  std::swap(limiter_, other.limiter_);
  std::swap(user_, other.user_);
  return *this;
}

UserLimiter::Place::~Place() {
  if (limiter_ != nullptr) limiter_->leave(user_);
}

UserLimiter::UserLimiter(int units_per_minute, int calls_at_once, const base::Clock& clock, Pause pause)
    : units_per_minute_(units_per_minute), calls_at_once_(calls_at_once), clock_(clock), pause_(std::move(pause)) {}

UserLimiter::~UserLimiter() = default;

UserLimiter::Account& UserLimiter::account_of(const std::string& user) {
  auto found = accounts_.find(user);
  if (found != accounts_.end()) return *found->second;
  if (accounts_.size() >= kAccountsMax) forget_idle();
  auto account = std::make_unique<Account>();
  account->units = units_per_minute_;
  account->refilled_at = clock_.steady_now();
  return *(accounts_[user] = std::move(account));
}

// A full bucket with nobody waiting is the same as none.
void UserLimiter::forget_idle() {
  std::erase_if(accounts_, [&](const auto& entry) {
    Account& account = *entry.second;
    refill(account);
    return account.running == 0 && account.queue.empty() && account.units >= units_per_minute_;
  });
}

void UserLimiter::refill(Account& account) const {
  auto now = clock_.steady_now();
  std::chrono::duration<double> passed = now - account.refilled_at;
  account.refilled_at = now;
  account.units = std::min<double>(units_per_minute_, account.units + passed.count() * units_per_minute_ / 60.0);
}

ApiTask<UserLimiter::Place> UserLimiter::admit(const std::string& user, int units, Deadline deadline) {
  Account& account = account_of(user);
  refill(account);
  // Units are taken before the wait, so those who come later wait behind this call.
  account.units -= units;
  std::chrono::milliseconds wait(0);
  if (account.units < 0) wait = std::chrono::milliseconds(static_cast<std::int64_t>(-account.units * 60'000.0 / units_per_minute_) + 1);
  if (clock_.steady_now() + wait > deadline) {
    account.units += units;
    co_return too_fast(wait);
  }
  if (wait.count() > 0) {
    co_await pause_(wait);
  }

  if (account.running < calls_at_once_) {
    ++account.running;
    co_return Place(this, user);
  }
  if (account.queue.size() >= kQueueMax) co_return too_fast(std::chrono::seconds(5));
  auto executor = co_await boost::asio::this_coro::executor;
  auto turn = std::make_shared<Timer>(executor, deadline);
  account.queue.push_back(turn);
  boost::system::error_code called;
  auto token = boost::asio::redirect_error(kAwait, called);
  co_await turn->async_wait(token);
  if (called) co_return Place(this, user);
  std::erase(account.queue, turn);
  co_return too_fast(std::chrono::seconds(5));
}

void UserLimiter::leave(const std::string& user) {
  auto found = accounts_.find(user);
  if (found == accounts_.end()) return;
  Account& account = *found->second;
  if (account.queue.empty()) {
    --account.running;
    return;
  }
  std::shared_ptr<Timer> next = account.queue.front();
  account.queue.pop_front();
  // A timer that has expired by itself but has not run yet can no longer be cancelled: its call gives up, so the place passes on.
  if (next->cancel() == 0) leave(user);
}

int UserLimiter::units_left(const std::string& user) const {
  auto found = accounts_.find(user);
  if (found == accounts_.end()) return units_per_minute_;
  Account now = {found->second->units, found->second->refilled_at, 0, {}};
  refill(now);
  return std::max(0, static_cast<int>(now.units));
}

}  // namespace gatehouse::google
