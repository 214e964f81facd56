// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cassert>
#include <exception>
#include <optional>
#include <utility>

#include "gatehouse/base/task.h"

namespace gatehouse::http {

template <class T>
base::Coroutine<void> keep_result(base::Coroutine<T> work, std::optional<T>& result) {
  auto value = co_await std::move(work);
  result.emplace(std::move(value));
}

// For tests: starts a coroutine on the loop; `result` has its value once the loop ran far enough.
template <class T>
void start_for_test(boost::asio::io_context& loop, base::Coroutine<T> work,
                    std::optional<T>& result) {
  boost::asio::co_spawn(loop, keep_result(std::move(work), result), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

// For tests: runs the loop until it has no more to do, and gives the coroutine's value.
template <class T>
T await_for_test(boost::asio::io_context& loop, base::Coroutine<T> work) {
  std::optional<T> result;
  start_for_test(loop, std::move(work), result);
  loop.restart();
  loop.run();
  assert(result && "the coroutine did not finish");
  return *std::move(result);
}

}  // namespace gatehouse::http
