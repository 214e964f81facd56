// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/clock.h"

#include <time.h>

namespace gatehouse::base {

SystemTime SystemClock::now() const {
  // The coarse clock may be a few milliseconds late and costs a memory read, which counts: every
  // request asks several times.
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return from_epoch_seconds(now.tv_sec);
}

std::chrono::steady_clock::time_point SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

std::int64_t epoch_seconds(SystemTime time) { return time.time_since_epoch().count(); }

SystemTime from_epoch_seconds(std::int64_t seconds) {
  return SystemTime(std::chrono::seconds(seconds));
}

}  // namespace gatehouse::base
