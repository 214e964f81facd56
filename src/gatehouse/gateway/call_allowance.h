// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/http/message.h"

namespace gatehouse::gateway {

// How many calls of tools a request may hold: never fewer than it does, and at most a batch of
// them. Tells by the text alone, so a mention in an argument counts as well.
std::size_t calls_at_most(const http::Request& request);

// What one user may ask of the tools in this process, with all their clients together: so many
// calls at once, and so many a second in the long run. Far above what people and their assistants
// do, and below what a loop gone wild does. Serves as well for what is counted by address.
class CallAllowance {
 public:
  struct Limits {
    std::size_t burst = 1000;  // calls, after a while of doing nothing
    std::size_t per_second = 20;
    std::size_t users_max = 10'000;  // remembered; beyond that newcomers share what one may do
  };

  CallAllowance(const Limits& limits, const base::Clock& clock) : limits_(limits), clock_(clock) {}

  // nullopt: go on; the calls are counted. Otherwise how long to wait until there is room for them.
  std::optional<std::chrono::seconds> take(const std::string& user, std::size_t calls);

  // Whether not even one more call would be let through now.
  bool is_spent(const std::string& user) const;

  std::size_t size() const { return full_again_.size(); }

 private:
  using Instant = std::chrono::steady_clock::time_point;

  std::chrono::nanoseconds per_call() const;
  Instant& entry_of(const std::string& user);
  void forget_idle();

  const Limits limits_;
  const base::Clock& clock_;
  // When each user's allowance will be whole again, which says all about it.
  std::unordered_map<std::string, Instant> full_again_;
  Instant shared_{};
};

}  // namespace gatehouse::gateway
