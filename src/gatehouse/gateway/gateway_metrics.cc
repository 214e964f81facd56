// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/gateway_metrics.h"

#include <string_view>

#include "gatehouse/gateway/process_memory.h"

namespace gatehouse::gateway {
namespace {

using telemetry::MetricsPage;
using Kind = MetricsPage::Kind;

constexpr std::array<std::string_view, 3> kSignInNames = {"signed_in", "refused", "failed"};

}  // namespace

GatewayMetrics::GatewayMetrics(const base::Clock& clock)
    : clock_(clock), started_(clock.now()), tools_(clock) {}

std::string GatewayMetrics::page() const {
  const MetricsReading reading = read_();
  std::string out;
  MetricsPage page(out);
  const auto counter = [&page](std::string_view name, std::string_view help, std::uint64_t value) {
    page.family(name, Kind::counter, help).sample(value);
  };
  const auto gauge = [&page](std::string_view name, std::string_view help, auto value) {
    page.family(name, Kind::gauge, help).sample(value);
  };
  requests_.append(page);
  gauge("gatehouse_open_streams", "Event streams that are open.", reading.open_streams);
  gauge("gatehouse_open_connections", "TCP connections of clients, with streams.",
        reading.open_connections);
  tools_.append(page);
  page.family("gatehouse_google_calls_total", Kind::counter,
              "Requests to Google's APIs, repeats included, by what came of them.");
  page.sample(google_.answered, {{"outcome", "ok"}});
  page.sample(google_.refused, {{"outcome", "refused"}});
  page.sample(google_.throttled, {{"outcome", "throttled"}});
  page.sample(google_.failed, {{"outcome", "failed"}});
  counter("gatehouse_google_units_total", "Units of Google's quota that they cost.", google_.units);
  counter("gatehouse_google_throttled_total", "Of them, those that Google called too many.",
          google_.throttled);
  counter("gatehouse_token_refresh_failures_total",
          "Tokens of Google's that could not be renewed for now.", reading.token_refresh_failures);
  counter("gatehouse_kms_errors_total", "Calls of KMS that failed, repeats and all.",
          reading.kms_errors);
  counter("gatehouse_store_errors_total", "Reads and writes that the database or table failed.",
          reading.store_errors);
  page.family("gatehouse_sign_ins_total", Kind::counter, "Sign-ins, by how they ended.");
  for (std::size_t i = 0; i < sign_ins_.size(); ++i)
    page.sample(sign_ins_[i], {{"outcome", kSignInNames[i]}});
  gauge("gatehouse_loop_lag_seconds", "The longest delay of the event loop in the last minute.",
        std::chrono::duration<double>(loop_lag_.longest()).count());
  gauge("gatehouse_resident_bytes", "Memory of the process.", std::uint64_t{resident_bytes()});
  page.family("gatehouse_build_info", Kind::gauge, "Always 1; the version is the label.");
  page.sample(std::uint64_t{1}, {{"version", GATEHOUSE_VERSION}});
  gauge("process_start_time_seconds", "When the process began, since the epoch.",
        static_cast<std::uint64_t>(base::epoch_seconds(started_)));
  return out;
}

GatewayMetrics::Totals GatewayMetrics::totals() const {
  Totals totals;
  totals.requests = requests_.totals();
  totals.tools = tools_.totals();
  totals.google = google_;
  totals.reading = read_();
  totals.sign_ins = sign_ins_[static_cast<std::size_t>(web::SignInEnd::signed_in)];
  totals.sign_in_failures = sign_ins_[static_cast<std::size_t>(web::SignInEnd::refused)] +
                            sign_ins_[static_cast<std::size_t>(web::SignInEnd::failed)];
  return totals;
}

std::string GatewayMetrics::emf_line(const std::string& name_space, const std::string& service) {
  using Unit = telemetry::EmfLine::Unit;
  const Totals now = totals();
  const Totals& before = told_;
  telemetry::Durations::Buckets took = now.requests.took;
  for (std::size_t i = 0; i < took.size(); ++i) took[i] -= before.requests.took[i];
  const auto lag = std::chrono::ceil<std::chrono::milliseconds>(loop_lag_.longest());

  telemetry::EmfLine line(name_space, service, base::epoch_seconds(clock_.now()) * 1000);
  const auto count = [&line](std::string_view name, std::uint64_t value) {
    line.add(name, Unit::count, value);
  };
  count("Requests", now.requests.requests - before.requests.requests);
  count("ServerErrors", now.requests.server_errors - before.requests.server_errors);
  count("OpenStreams", now.reading.open_streams);
  count("ToolCalls", now.tools.calls - before.tools.calls);
  count("ToolErrors", now.tools.errors - before.tools.errors);
  count("GoogleErrors", now.google.failed - before.google.failed);
  count("GoogleThrottled", now.google.throttled - before.google.throttled);
  count("TokenRefreshFailures",
        now.reading.token_refresh_failures - before.reading.token_refresh_failures);
  count("KmsErrors", now.reading.kms_errors - before.reading.kms_errors);
  count("StoreErrors", now.reading.store_errors - before.reading.store_errors);
  count("SignIns", now.sign_ins - before.sign_ins);
  count("SignInFailures", now.sign_in_failures - before.sign_in_failures);
  count("RateLimited", now.requests.rate_limited - before.requests.rate_limited);
  line.add("LoopLagMs", Unit::milliseconds, static_cast<std::uint64_t>(lag.count()));
  line.add("ResidentBytes", Unit::bytes, std::uint64_t{resident_bytes()});
  line.add("RequestMs", took);
  told_ = now;
  return line.text();
}

}  // namespace gatehouse::gateway
