// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/clock.h"

namespace gatehouse::base {

SystemTime SystemClock::now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

std::int64_t epoch_seconds(SystemTime time) { return time.time_since_epoch().count(); }

SystemTime from_epoch_seconds(std::int64_t seconds) {
  return SystemTime(std::chrono::seconds(seconds));
}

}  // namespace gatehouse::base
