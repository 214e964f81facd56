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
#include "gatehouse/google/quotas.h"
#include "gatehouse/google/unit_bucket.h"

namespace gatehouse::google {

// Keeps each user and all of them together within what Google allows of one API: buckets of units
// that refill over a minute, and a number of calls of a user at once. Calls wait their turn in
// order; one that could not start before its deadline is refused at once, with the time to wait.
// For the event loop's thread.
class QuotaLimiter {
  struct Account;

 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // `calls_at_once` of each user.
  QuotaLimiter(ApiQuota quota, int calls_at_once, const base::Clock& clock, base::Pause pause);
  ~QuotaLimiter();

  // Held while a call is under way; gives the place back when it goes.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place();

   private:
    friend class QuotaLimiter;
    explicit Place(std::shared_ptr<Account> account) : account_(std::move(account)) {}
    std::shared_ptr<Account> account_;
  };

  // ApiFault::rate_limited when there is no place before the deadline.
  ApiTask<Place> admit(const std::string& user, int units, Deadline deadline);

  // Google says that all users together have to wait; at most a minute is believed.
  void hold(std::chrono::milliseconds wait);

  // Those of one user.
  int units_left(const std::string& user) const;
  std::size_t users_kept() const { return accounts_.size(); }

 private:
  class Ticket;

  std::shared_ptr<Account> account_of(const std::string& user);
  void forget_idle();

  const ApiQuota quota_;
  const int calls_at_once_;
  const base::Clock& clock_;
  base::Pause pause_;
  UnitBucket project_;
  std::unordered_map<std::string, std::shared_ptr<Account>> accounts_;
};

}  // namespace gatehouse::google
