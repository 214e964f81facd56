// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/http/router.h"
#include "gatehouse/identity/security_event.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::gateway {

inline constexpr char kSecurityEventPath[] = "/oauth/google/events";

// POST /oauth/google/events: where Google pushes security events (RFC 8935), once the operator has
// registered the address there (docs/security-events.md). An event ends the sessions that its
// account began before it happened; so one that comes late, twice or to several replicas ends
// nothing else. Who is not Google can do nothing here: every token is verified first.
class SecurityEventRoute {
 public:
  SecurityEventRoute(identity::SecurityEventReader& reader, vault::GrantVault& grants,
                     telemetry::Log& log);

  // 202 without a body, 400 with `err` and `description`, 413, or 503 when Google should come
  // again.
  base::Coroutine<http::Response> handle(const http::Request& request);

  std::vector<http::Route> routes();

 private:
  base::Coroutine<bool> act_on(const http::Request& request, const identity::SecurityEvent& event,
                               base::SystemTime happened_at);
  http::Response refuse(const http::Request& request,
                        const identity::SecurityEventRefusal& refusal) const;

  identity::SecurityEventReader& reader_;
  vault::GrantVault& grants_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::gateway
