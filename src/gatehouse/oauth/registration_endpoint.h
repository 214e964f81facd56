// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/client_registry.h"
#include "gatehouse/oauth/peer_rate_limit.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::oauth {

// POST /register, RFC 7591 section 3: open to everyone, so bounded in every direction.
class RegistrationEndpoint {
 public:
  RegistrationEndpoint(const AuthorizationServerSettings& settings, ClientRegistry& clients,
                       const base::Clock& clock, telemetry::Log& log);

  base::Coroutine<http::Response> handle(const http::Request& request);

 private:
  base::Coroutine<http::Response> answer(const http::Request& request);

  const AuthorizationServerSettings& settings_;
  ClientRegistry& clients_;
  PeerRateLimit limit_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
