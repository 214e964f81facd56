// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/backoff.h"

#include <algorithm>
#include <cstdint>

namespace gatehouse::aws {
std::chrono::milliseconds delay_after(int attempt, const Backoff& backoff, base::Random& random) {
  constexpr int kDoublingsMax = 16;
  const std::int64_t doubled = backoff.base.count() << std::clamp(attempt - 1, 0, kDoublingsMax);
  const std::int64_t ceiling = std::min<std::int64_t>(doubled, backoff.max.count());
  std::uint8_t bytes[4];
  random.fill(bytes);
  const std::int64_t drawn = bytes[0] | bytes[1] << 8 | bytes[2] << 16;
  return std::chrono::milliseconds(drawn * (ceiling + 1) >> 24);
}

}  // namespace gatehouse::aws
