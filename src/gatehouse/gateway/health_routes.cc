// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/health_routes.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/base/json_writer.h"

namespace gatehouse::gateway {
namespace {

using base::Errc;

base::Coroutine<http::Response> say_alive(const Readiness& readiness) {
  http::Response response = readiness.draining ? http::text_response(503, "draining\n")
                                               : http::text_response(200, "ok\n");
  response.with("Cache-Control", "no-store");
  co_return response;
}

// Names one part and what is wrong with it; "ok" when nothing is.
struct Finding {
  std::string part;
  std::string state = "ok";
};

http::Response report(const Readiness& readiness, const std::vector<Finding>& findings) {
  bool ready = !readiness.draining;
  std::string body;
  base::JsonWriter json(body);
  json.begin_object();
  for (const Finding& finding : findings) {
    json.member(finding.part, finding.state);
    ready = ready && finding.state == "ok";
  }
  json.member("draining", readiness.draining).end_object();
  return http::json_response(ready ? 200 : 503, std::move(body)).with("Cache-Control", "no-store");
}

// Asks the key service anew only when the last good answer is a minute old: probes come every few
// seconds, and a KMS counts its calls.
class KeyProbe {
 public:
  KeyProbe(vault::KeyProvider& key, const base::Clock& clock) : key_(key), clock_(clock) {}

  base::Task<void> check() {
    if (good_at_ && clock_.steady_now() - *good_at_ < kTrusted) co_return base::Result<void>();
    auto checked = co_await key_.check();
    if (!checked) co_return checked.error();
    good_at_ = clock_.steady_now();
    co_return base::Result<void>();
  }

 private:
  static constexpr std::chrono::seconds kTrusted{60};

  vault::KeyProvider& key_;
  const base::Clock& clock_;
  std::optional<std::chrono::steady_clock::time_point> good_at_;
};

base::Coroutine<http::Response> say_ready(const Readiness& readiness, store::RecordStore& store,
                                          std::shared_ptr<KeyProbe> key,
                                          identity::IdentityProvider& provider) {
  std::vector<Finding> findings(3);
  findings[0].part = "store";
  auto probe = co_await store.get("PROBE#readiness");
  if (!probe && probe.error().code != Errc::not_found) findings[0].state = probe.error().detail;

  findings[1].part = "key";
  auto wrapped = co_await key->check();
  if (!wrapped) findings[1].state = wrapped.error().detail;

  findings[2].part = "google";
  auto discovered = co_await provider.check();
  if (!discovered) findings[2].state = discovered.error().detail;
  co_return report(readiness, findings);
}

base::Coroutine<http::Response> show_metrics(const GatewayMetrics& metrics) {
  http::Response response;
  response.body = metrics.page();
  response.with("Content-Type", std::string(telemetry::MetricsPage::kMediaType));
  response.with("Cache-Control", "no-store");
  co_return response;
}

base::Coroutine<http::Response> show_head(std::optional<telemetry::AuditHead> head) {
  if (!head) co_return http::text_response(404, "The log has no audit chain\n");
  http::Response response = http::text_response(
      200, head->chain + ":" + std::to_string(head->seq) + ":" + head->digest + "\n");
  response.with("Cache-Control", "no-store");
  co_return response;
}

}  // namespace

std::vector<http::Route> health_routes(const Readiness& readiness) {
  return {{http::Method::get, "/healthz", http::Access::open,
           [&](const http::Request&) { return say_alive(readiness); }}};
}

std::vector<http::Route> operator_routes(const Readiness& readiness, store::RecordStore& store,
                                         vault::KeyProvider& key,
                                         identity::IdentityProvider& provider,
                                         const GatewayMetrics& metrics, const base::Clock& clock) {
  const auto probe = std::make_shared<KeyProbe>(key, clock);
  return {{http::Method::get, "/livez", http::Access::open,
           [&](const http::Request&) { return say_alive(readiness); }},
          {http::Method::get, "/readyz", http::Access::open,
           [&readiness, &store, &provider, probe](const http::Request&) {
             return say_ready(readiness, store, probe, provider);
           }},
          {http::Method::get, "/metrics", http::Access::open,
           [&metrics](const http::Request&) { return show_metrics(metrics); }}};
}

std::vector<http::Route> audit_routes(
    std::function<std::optional<telemetry::AuditHead>()> audit_head) {
  return {{http::Method::get, "/audit-head", http::Access::open,
           [audit_head = std::move(audit_head)](const http::Request&) {
             return show_head(audit_head());
           }}};
}

}  // namespace gatehouse::gateway
