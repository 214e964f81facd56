// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/gateway/backends.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/http/router.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// Everything put together, by hand, in one place. `backends` have been loaded. What is passed by
// reference outlives it.
class Gateway {
 public:
  Gateway(boost::asio::io_context& loop, const Config& config, Backends& backends,
          const base::Clock& clock, base::Random& random, telemetry::Log& log);
  ~Gateway();

  // Opens all listeners. The detail of an error says the remedy.
  base::Result<void> listen();

  // Stops accepting, lets requests in flight finish, ends streams; returns within `limit`.
  base::Coroutine<void> drain(std::chrono::seconds limit);

  const http::Router& routes() const;  // for the test that calls every route without a token

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gatehouse::gateway
