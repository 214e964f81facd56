// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/pause.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gatehouse::base {
namespace {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
constexpr boost::asio::use_awaitable_t<Executor> kAwait;

Coroutine<void> wait_on_timer(std::chrono::milliseconds time) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Timer timer(executor, time);
  co_await timer.async_wait(kAwait);
}

}  // namespace

Pause pause_on_timer() { return wait_on_timer; }

}  // namespace gatehouse::base
