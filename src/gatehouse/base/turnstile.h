// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <list>
#include <optional>
#include <utility>

#include "gatehouse/base/task.h"

namespace gatehouse::base {

// Lets one coroutine through at a time; the others wait. For the event loop's thread. It outlives
// everybody who waits.
class Turnstile {
 public:
  // Being inside. Leaving it lets the next one in, also when the coroutine inside is cancelled.
  class Turn {
   public:
    explicit Turn(Turnstile& turnstile) : turnstile_(&turnstile) {}
    Turn(Turn&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    Turnstile* turnstile_;
  };

  // nullopt when `limit` passed first.
  Coroutine<std::optional<Turn>> enter(std::chrono::milliseconds limit);

 private:
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  class Place;

  void leave();

  bool taken_ = false;
  std::list<Timer*> waiting_;
};

}  // namespace gatehouse::base
