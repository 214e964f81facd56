// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "gatehouse/base/result.h"

namespace gatehouse::base {

// Everything asynchronous runs on one event loop; its executor type is fixed, which spares a
// type-erased call per step.
using Executor = boost::asio::io_context::executor_type;

// A coroutine that cannot fail.
template <class T>
using Coroutine = boost::asio::awaitable<T, Executor>;

// A coroutine that gives a value or an error. Await it alone on its line, with named arguments:
// `auto loaded = co_await store.get(key);` (docs/decisions/0002).
template <class T>
using Task = Coroutine<Result<T>>;

}  // namespace gatehouse::base
