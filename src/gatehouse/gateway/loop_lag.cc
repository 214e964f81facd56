// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/loop_lag.h"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gatehouse::gateway {
namespace {

using Clock = std::chrono::steady_clock;
using Timer =
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, base::Executor>;
constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;
constexpr std::chrono::seconds kInterval{1};

}  // namespace

base::Coroutine<void> LoopLag::watch() {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer timer(executor);
  while (true) {
    timer.expires_after(kInterval);
    co_await timer.async_wait(kAwait);
    note(Clock::now() - timer.expiry());
  }
}

void LoopLag::note(std::chrono::nanoseconds late) {
  seen_[next_] = std::max(late, std::chrono::nanoseconds(0));
  next_ = (next_ + 1) % seen_.size();
}

std::chrono::nanoseconds LoopLag::longest() const {
  return *std::max_element(seen_.begin(), seen_.end());
}

}  // namespace gatehouse::gateway
