// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "gatehouse/base/random.h"

namespace gatehouse::aws {

struct Backoff {
  std::chrono::milliseconds base{25};  // doubled per attempt
  std::chrono::milliseconds max{2'000};
};

// Full jitter: anything between nothing and the doubled base, so that callers that failed together
// do not come back together. `attempt` counts from 1.
std::chrono::milliseconds delay_after(int attempt, const Backoff& backoff, base::Random& random);

}  // namespace gatehouse::aws
