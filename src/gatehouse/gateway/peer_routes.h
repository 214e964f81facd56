// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/gateway/peer_relay.h"
#include "gatehouse/http/server.h"
#include "gatehouse/mcp/legacy_sse.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// The only thing that the listener for replicas serves: questions and letters about streams that
// this replica holds, each proven by its seal.
class PeerRoutes {
 public:
  PeerRoutes(vault::PeerSeal& seal, const PeerRelay& relay, mcp::LegacySse& streams,
             telemetry::Log& log)
      : seal_(seal), relay_(relay), streams_(streams), log_(log) {}

  base::Coroutine<http::Response> handle(const http::Request& request);

 private:
  http::Response answer(const http::Request& request);
  std::optional<mcp::Revision> take(const PeerRequest& question);

  vault::PeerSeal& seal_;
  const PeerRelay& relay_;  // for this replica's own address
  mcp::LegacySse& streams_;
  telemetry::Log& log_;
};

// Bounds of that listener.
http::ServerLimits peer_server_limits();

}  // namespace gatehouse::gateway
