// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace gatehouse::google {

// What became of the requests that went out to Google, repeats included. On the loop's thread.
struct CallCounts {
  std::uint64_t answered = 0;   // 2xx
  std::uint64_t throttled = 0;  // Google said that it was too much
  std::uint64_t refused = 0;    // any other 4xx: gone, not allowed, malformed
  std::uint64_t failed = 0;     // 5xx, nonsense, or no answer
  std::uint64_t units = 0;      // of quota that they cost
};

}  // namespace gatehouse::google
