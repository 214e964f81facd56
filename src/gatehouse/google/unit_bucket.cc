// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/unit_bucket.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace gatehouse::google {
namespace {

constexpr double kMillisecondsInMinute = 60'000.0;

}  // namespace

UnitBucket::UnitBucket(int per_minute, Time now)
    : per_minute_(per_minute), units_(per_minute), refilled_at_(now) {}

double UnitBucket::units(Time now) const {
  const std::chrono::duration<double, std::milli> passed = now - refilled_at_;
  return std::min<double>(per_minute_,
                          units_ + passed.count() * per_minute_ / kMillisecondsInMinute);
}

void UnitBucket::take(int taken, Time now) {
  units_ = units(now) - taken;
  refilled_at_ = now;
}

void UnitBucket::hold(Time until, Time now) {
  const std::chrono::duration<double, std::milli> wait = until - now;
  const double owed = wait.count() * per_minute_ / kMillisecondsInMinute;
  units_ = std::min(units(now), -owed);
  refilled_at_ = now;
}

std::chrono::milliseconds UnitBucket::time_until_paid(Time now) const {
  const double left = units(now);
  if (left >= 0) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil(-left * kMillisecondsInMinute / per_minute_)));
}

}  // namespace gatehouse::google
