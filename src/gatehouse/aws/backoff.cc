// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/backoff.h"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>

#include "gatehouse/aws/pause.h"

namespace gatehouse::aws {
namespace {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;
constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;

base::Coroutine<void> wait_on_timer(std::chrono::milliseconds time) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Timer timer(executor, time);
  co_await timer.async_wait(kAwait);
}

}  // namespace

Pause pause_on_timer() { return wait_on_timer; }

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
