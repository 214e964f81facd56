// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cassert>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "gatehouse/base/task.h"

// For tests: runs a coroutine on a loop of its own.
namespace gatehouse::mcp {

template <class T>
T run_until_done(boost::asio::io_context& loop, base::Coroutine<T> work) {
  std::optional<T> result;
  boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr failure, T value) {
    if (failure) std::rethrow_exception(failure);
    result = std::move(value);
  });
  loop.restart();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!result && std::chrono::steady_clock::now() < limit) {
    if (loop.run_one_for(std::chrono::seconds(1)) == 0 && loop.stopped()) break;
  }
  assert(result && "the coroutine did not finish");
  return std::move(*result);
}

template <class T>
T run_until_done(base::Coroutine<T> work) {
  boost::asio::io_context loop;
  return run_until_done(loop, std::move(work));
}

}  // namespace gatehouse::mcp
