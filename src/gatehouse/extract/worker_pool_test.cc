// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/worker_pool.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>

namespace gatehouse::extract {
namespace {

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

// Its work lives as long as it does.
base::Coroutine<void> run(WorkerPool& pool, std::function<void()> work, std::optional<bool>& ran) {
  auto outcome = co_await pool.run(work);
  ran = outcome;
}

TEST(WorkerPool, WorksOnAnotherThreadAndComesBack) {
  boost::asio::io_context loop{1};
  WorkerPool pool;
  std::thread::id where;
  std::optional<bool> ran;
  boost::asio::co_spawn(loop,
                        run(
                            pool, [&] { where = std::this_thread::get_id(); }, ran),
                        rethrow);
  loop.run();
  EXPECT_EQ(ran, true);
  EXPECT_NE(where, std::thread::id());
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(WorkerPool, TurnsAwayWhatItHasNoRoomFor) {
  boost::asio::io_context loop{1};
  WorkerPoolLimits limits;
  limits.threads = 1;
  limits.waiting_max = 2;
  WorkerPool pool(limits);
  std::promise<void> begun;
  std::promise<void> may_end;
  const std::shared_future<void> gate = may_end.get_future().share();
  std::optional<bool> ran[4];
  boost::asio::co_spawn(loop,
                        run(
                            pool,
                            [&] {
                              begun.set_value();
                              gate.wait();
                            },
                            ran[0]),
                        rethrow);
  loop.poll();
  begun.get_future().wait();
  for (int i = 1; i < 4; ++i)
    boost::asio::co_spawn(loop,
                          run(
                              pool, [gate] { gate.wait(); }, ran[i]),
                          rethrow);
  loop.poll();
  loop.poll();
  EXPECT_EQ(ran[3], false) << "one runs and two wait";
  EXPECT_EQ(ran[1], std::nullopt);
  may_end.set_value();
  loop.restart();
  loop.run();
  EXPECT_EQ(ran[0], true);
  EXPECT_EQ(ran[1], true);
  EXPECT_EQ(ran[2], true);
}

TEST(WorkerPool, HandsOnWhatWorkThrows) {
  boost::asio::io_context loop{1};
  WorkerPool pool;
  std::optional<bool> ran;
  boost::asio::co_spawn(loop,
                        run(
                            pool, [] { throw std::runtime_error("no room"); }, ran),
                        rethrow);
  EXPECT_THROW(loop.run(), std::runtime_error);
  EXPECT_EQ(ran, std::nullopt);
}

TEST(WorkerPool, EndsWorkBeforeACancelledCoroutineGoesOn) {
  boost::asio::io_context loop{1};
  WorkerPool pool;
  boost::asio::cancellation_signal cancel;
  std::promise<void> begun;
  std::promise<void> may_end;
  bool ended = false;
  std::optional<bool> ran;
  bool has_left = false;
  const auto work = [&] {
    begun.set_value();
    may_end.get_future().wait();
    ended = true;
  };
  boost::asio::co_spawn(loop, run(pool, work, ran),
                        boost::asio::bind_cancellation_slot(
                            cancel.slot(), [&](std::exception_ptr) { has_left = true; }));
  loop.poll();
  begun.get_future().wait();
  cancel.emit(boost::asio::cancellation_type::terminal);
  loop.poll();
  EXPECT_FALSE(has_left) << "its work still uses what it holds";
  may_end.set_value();
  loop.restart();
  loop.run();
  EXPECT_TRUE(has_left);
  EXPECT_TRUE(ended);
}

TEST(WorkerPool, GivesUpWhatWaitsWhenItEnds) {
  boost::asio::io_context loop{1};
  std::optional<bool> ran[2];
  std::promise<void> begun;
  std::promise<void> may_end;
  std::thread release;
  {
    WorkerPoolLimits limits;
    limits.threads = 1;
    WorkerPool pool(limits);
    const auto slow = [&] {
      begun.set_value();
      may_end.get_future().wait();
    };
    boost::asio::co_spawn(loop, run(pool, slow, ran[0]), rethrow);
    boost::asio::co_spawn(loop,
                          run(
                              pool, [] {}, ran[1]),
                          rethrow);
    loop.poll();
    begun.get_future().wait();
    release = std::thread([&] { may_end.set_value(); });
    // The pool ends here, maybe before the release and maybe after it.
  }
  release.join();
  loop.restart();
  loop.run();
  EXPECT_EQ(ran[0], true);
  EXPECT_NE(ran[1], std::nullopt);
}

}  // namespace
}  // namespace gatehouse::extract
