// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/turnstile.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace gatehouse::base {
namespace {

using std::chrono::milliseconds;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;

struct Record {
  int inside = 0;
  int inside_max = 0;
  int entered = 0;
  int turned_away = 0;
};

base::Coroutine<void> visit(Turnstile& turnstile, Record& record, milliseconds stay,
                            milliseconds patience) {
  auto turn = co_await turnstile.enter(patience);
  if (!turn) {
    ++record.turned_away;
    co_return;
  }
  ++record.entered;
  record.inside_max = std::max(record.inside_max, ++record.inside);
  const auto executor = co_await boost::asio::this_coro::executor;
  Timer timer(executor, stay);
  const boost::asio::use_awaitable_t<base::Executor> token;
  co_await timer.async_wait(token);
  --record.inside;
}

void ignore_cancellation(std::exception_ptr) {}

TEST(Turnstile, LetsOneThroughAtATime) {
  boost::asio::io_context loop;
  Turnstile turnstile;
  Record record;
  for (int i = 0; i < 20; ++i) {
    boost::asio::co_spawn(loop, visit(turnstile, record, milliseconds(1), milliseconds(10'000)),
                          ignore_cancellation);
  }
  loop.run();
  EXPECT_EQ(record.entered, 20);
  EXPECT_EQ(record.inside_max, 1);
}

TEST(Turnstile, TurnsAwayWhoWaitedTooLong) {
  boost::asio::io_context loop;
  Turnstile turnstile;
  Record record;
  boost::asio::co_spawn(loop, visit(turnstile, record, milliseconds(300), milliseconds(10)),
                        ignore_cancellation);
  boost::asio::co_spawn(loop, visit(turnstile, record, milliseconds(0), milliseconds(10)),
                        ignore_cancellation);
  loop.run();
  EXPECT_EQ(record.entered, 1);
  EXPECT_EQ(record.turned_away, 1);
}

TEST(Turnstile, ACancelledVisitLetsTheNextOneIn) {
  boost::asio::io_context loop;
  Turnstile turnstile;
  Record cancelled;
  Record record;
  boost::asio::cancellation_signal inside;
  boost::asio::cancellation_signal waiting;
  boost::asio::co_spawn(loop,
                        visit(turnstile, cancelled, milliseconds(60'000), milliseconds(60'000)),
                        boost::asio::bind_cancellation_slot(inside.slot(), ignore_cancellation));
  boost::asio::co_spawn(loop, visit(turnstile, cancelled, milliseconds(0), milliseconds(60'000)),
                        boost::asio::bind_cancellation_slot(waiting.slot(), ignore_cancellation));
  boost::asio::co_spawn(loop, visit(turnstile, record, milliseconds(0), milliseconds(60'000)),
                        ignore_cancellation);
  loop.poll();
  waiting.emit(boost::asio::cancellation_type::terminal);
  loop.poll();
  EXPECT_EQ(record.entered, 0);
  inside.emit(boost::asio::cancellation_type::terminal);
  loop.run();
  EXPECT_EQ(record.entered, 1);
  EXPECT_EQ(cancelled.entered, 1);
}

TEST(Turnstile, IsFreeAfterWaitersAreDestroyed) {
  Turnstile turnstile;
  Record record;
  {
    boost::asio::io_context loop;
    boost::asio::co_spawn(loop,
                          visit(turnstile, record, milliseconds(60'000), milliseconds(60'000)),
                          ignore_cancellation);
    boost::asio::co_spawn(loop,
                          visit(turnstile, record, milliseconds(60'000), milliseconds(60'000)),
                          ignore_cancellation);
    loop.poll();
  }
  boost::asio::io_context loop;
  boost::asio::co_spawn(loop, visit(turnstile, record, milliseconds(0), milliseconds(1)),
                        ignore_cancellation);
  loop.run();
  EXPECT_EQ(record.entered, 2);
}

}  // namespace
}  // namespace gatehouse::base
