// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/google/pause.h"

namespace gatehouse::google {

// Keeps each user within Google's price list: a bucket of units that refills over a minute, and a number of calls at once.
// Calls wait their turn in order; one that could not start before its deadline is refused at once, with the time to wait.
class UserLimiter {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  UserLimiter(int units_per_minute, int calls_at_once, const base::Clock& clock, Pause pause);
  ~UserLimiter();

  // Held while a call is under way; gives the place back when it goes.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept;
    Place& operator=(Place&& other) noexcept;
    ~Place();

   private:
    friend class UserLimiter;
    struct State;
    Place(UserLimiter* limiter, std::string user) : limiter_(limiter), user_(std::move(user)) {}
    UserLimiter* limiter_ = nullptr;
    std::string user_;
  };

  ApiTask<Place> admit(const std::string& user, int units, Deadline deadline);

  int units_left(const std::string& user) const;

 private:
  struct Account;
  Account& account_of(const std::string& user);
  void refill(Account& account) const;
  void leave(const std::string& user);
  void forget_idle();

  const int units_per_minute_;
  const int calls_at_once_;
  const base::Clock& clock_;
  Pause pause_;
  std::unordered_map<std::string, std::unique_ptr<Account>> accounts_;
};

}  // namespace gatehouse::google
