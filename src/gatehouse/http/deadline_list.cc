// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/deadline_list.h"

#include <time.h>

namespace gatehouse::http {

Instant coarse_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

void DeadlineList::start(Timed& timed, Instant now) {
  timed.stop_clock();
  timed.due_ = now + length_;
  waiting_.push_back(timed);
}

void DeadlineList::expire(Instant now, std::size_t most) {
  while (most > 0 && !waiting_.empty() && waiting_.front().due_ <= now) {
    Timed& timed = waiting_.front();
    timed.stop_clock();
    timed.on_deadline();
    --most;
  }
}

}  // namespace gatehouse::http
