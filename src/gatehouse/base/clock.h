// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace gatehouse::base {

using SystemTime = std::chrono::sys_seconds;

// Two clocks: the calendar decides lifetimes, the steady one decides waits. A jump of the calendar
// never stalls a timer.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SystemTime now() const = 0;
  virtual std::chrono::steady_clock::time_point steady_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  SystemTime now() const override;
  std::chrono::steady_clock::time_point steady_now() const override;
};

// For tests: stands still until told. Safe to read from any thread; one thread moves it.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(SystemTime start) : now_(start) {}
  SystemTime now() const override { return now_; }
  std::chrono::steady_clock::time_point steady_now() const override { return steady_; }
  void advance(std::chrono::seconds by) {
    now_ = now_.load() + by;
    steady_ = steady_.load() + by;
  }
  void set(SystemTime now) { now_ = now; }

 private:
  std::atomic<SystemTime> now_;
  std::atomic<std::chrono::steady_clock::time_point> steady_{};
};

std::int64_t epoch_seconds(SystemTime time);
SystemTime from_epoch_seconds(std::int64_t seconds);

}  // namespace gatehouse::base
