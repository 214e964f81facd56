// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/pause.h"
#include "gatehouse/base/task.h"
#include "gatehouse/google/api_error.h"

namespace gatehouse::google {

// Keeps each user within Google's price list: a bucket of units that refills over a minute, and a
// number of calls at once. Calls wait their turn in order; one that could not start before its
// deadline is refused at once, with the time to wait. For the event loop's thread.
class UserLimiter {
  struct Account;

 public:
  using Deadline = std::chrono::steady_clock::time_point;

  UserLimiter(int units_per_minute, int calls_at_once, const base::Clock& clock, base::Pause pause);
  ~UserLimiter();

  // Held while a call is under way; gives the place back when it goes.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place();

   private:
    friend class UserLimiter;
    explicit Place(std::shared_ptr<Account> account) : account_(std::move(account)) {}
    std::shared_ptr<Account> account_;
  };

  // ApiFault::rate_limited when there is no place before the deadline.
  ApiTask<Place> admit(const std::string& user, int units, Deadline deadline);

  int units_left(const std::string& user) const;
  std::size_t users_kept() const { return accounts_.size(); }

 private:
  class Ticket;

  std::shared_ptr<Account> account_of(const std::string& user);
  double units_now(const Account& account) const;
  void refill(Account& account) const;
  std::chrono::milliseconds time_until_paid(const Account& account) const;
  void forget_idle();

  const int units_per_minute_;
  const int calls_at_once_;
  const base::Clock& clock_;
  base::Pause pause_;
  std::unordered_map<std::string, std::shared_ptr<Account>> accounts_;
};

}  // namespace gatehouse::google
