// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/server.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// Listens in the gateway's place while the store or the key service does not answer yet, and
// answers everything with 503 and Retry-After, /healthz too: a balancer sends nobody here, and a
// deployment does not take the replicas away that serve.
class WaitingRoom {
 public:
  WaitingRoom(boost::asio::io_context& loop, telemetry::Log& log);
  base::Result<void> open(const std::string& address);
  // Returns once the address is free again.
  base::Coroutine<void> close();

 private:
  http::Server server_;
};

}  // namespace gatehouse::gateway
