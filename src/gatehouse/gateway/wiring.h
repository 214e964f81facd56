// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/gateway/backends.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/gateway/gateway_metrics.h"
#include "gatehouse/http/router.h"
#include "gatehouse/mcp/catalog.h"
#include "gatehouse/mcp/streamable_http.h"
#include "gatehouse/telemetry/audit_chain.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// What a program that embeds the gateway adds to it: its own tools, prompts and resources after the
// Workspace's, and how the engine treats them.
struct Additions {
  std::function<void(mcp::Catalog&)> fill = nullptr;
  mcp::EngineOptions engine = {};
  std::function<void(mcp::StreamableHttp&)> on_engine = nullptr;  // to announce changes with
  std::function<std::optional<telemetry::AuditHead>()> audit_head = nullptr;  // of the log
};

// Everything put together, by hand, in one place. `backends` have been loaded. What is passed by
// reference outlives it.
class Gateway {
 public:
  Gateway(boost::asio::io_context& loop, const Config& config, Backends& backends,
          const base::Clock& clock, base::Random& random, telemetry::Log& log,
          const Additions& additions = {});
  ~Gateway();

  // Opens all listeners. The detail of an error says the remedy.
  base::Result<void> listen();

  // From now on health says 503 and answers close their connections; everything is served still.
  void announce_drain();

  // Stops accepting, lets requests in flight finish, ends streams; returns within `limit`.
  base::Coroutine<void> drain(std::chrono::seconds limit);

  GatewayMetrics& metrics();

  const http::Router& routes() const;  // for the test that calls every route without a token

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gatehouse::gateway
