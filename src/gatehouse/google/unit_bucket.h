// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace gatehouse::google {

// Units that come back evenly, as many in a minute as it holds. What is taken before it is there is
// owed, so that those who come later wait behind.
class UnitBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  UnitBucket(int per_minute, Time now);

  void take(int units, Time now);
  void give_back(int units) { units_ += units; }
  // Nothing is there until `until`, however much there was.
  void hold(Time until, Time now);

  std::chrono::milliseconds time_until_paid(Time now) const;
  double units(Time now) const;
  bool is_full(Time now) const { return units(now) >= per_minute_; }

 private:
  int per_minute_;
  double units_;
  Time refilled_at_;
};

}  // namespace gatehouse::google
