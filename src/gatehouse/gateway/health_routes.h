// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/gateway_metrics.h"
#include "gatehouse/http/router.h"
#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/audit_chain.h"
#include "gatehouse/vault/key_provider.h"

namespace gatehouse::gateway {

// Says whether the process is to get requests; false while it drains.
struct Readiness {
  bool draining = false;
};

// `/healthz` on the public listener: alive and not draining. It asks nothing of Google, store or
// key, so an outage there never restarts the process.
std::vector<http::Route> health_routes(const Readiness& readiness);

// `/livez`, `/readyz` and `/metrics` on the operators' listener; the second tries store, key and
// Google and names what fails.
std::vector<http::Route> operator_routes(const Readiness& readiness, store::RecordStore& store,
                                         vault::KeyProvider& key,
                                         identity::IdentityProvider& provider,
                                         const GatewayMetrics& metrics, const base::Clock& clock);

// `/audit-head` on the operators' listener: the last line of the log's audit chain, for whoever
// keeps it elsewhere.
std::vector<http::Route> audit_routes(
    std::function<std::optional<telemetry::AuditHead>()> audit_head);

}  // namespace gatehouse::gateway
