// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "gatehouse/base/task.h"

namespace gatehouse::gateway {

// How late the event loop was in the last minute: everything waits that long when something
// computes or blocks on it.
class LoopLag {
 public:
  // Looks once a second, for ever.
  base::Coroutine<void> watch();

  void note(std::chrono::nanoseconds late);
  // The longest of the last sixty.
  std::chrono::nanoseconds longest() const;

 private:
  std::array<std::chrono::nanoseconds, 60> seen_{};
  std::size_t next_ = 0;
};

}  // namespace gatehouse::gateway
