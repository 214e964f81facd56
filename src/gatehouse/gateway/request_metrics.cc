// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/request_metrics.h"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

constexpr std::array<std::string_view, 4> kClassNames = {"2xx", "3xx", "4xx", "5xx"};

}  // namespace

bool RequestMetrics::Slot::is_used() const {
  return std::any_of(by_class.begin(), by_class.end(), [](std::uint64_t n) { return n > 0; });
}

void RequestMetrics::know(const std::vector<http::Route>& routes) {
  for (const http::Route& route : routes) {
    auto slot = std::find_if(slots_.begin() + 1, slots_.end(),
                             [&](const Slot& each) { return each.route == route.path; });
    if (slot == slots_.end()) slot = slots_.insert(slots_.end(), Slot(route.path));
    by_text_.emplace_back(route.path.data(), static_cast<std::size_t>(slot - slots_.begin()));
  }
}

RequestMetrics::Slot& RequestMetrics::slot_of(std::string_view route) {
  for (const auto& [text, slot] : by_text_) {
    if (text == route.data()) return slots_[slot];
  }
  return slots_.front();
}

void RequestMetrics::count(Slot& slot, int status) {
  const auto kind = static_cast<std::size_t>(std::clamp(status / 100, 2, 5) - 2);
  ++slot.by_class[kind];
  if (status == 429) ++rate_limited_;
}

void RequestMetrics::answered(std::string_view route, int status, std::chrono::nanoseconds took) {
  Slot& slot = slot_of(route);
  count(slot, status);
  slot.took.add(took);
}

void RequestMetrics::refused(int status) { count(slots_.front(), status); }

RequestMetrics::Totals RequestMetrics::totals() const {
  Totals totals;
  totals.rate_limited = rate_limited_;
  for (const Slot& slot : slots_) {
    for (const std::uint64_t n : slot.by_class) totals.requests += n;
    totals.server_errors += slot.by_class.back();
    for (std::size_t i = 0; i < totals.took.size(); ++i) totals.took[i] += slot.took.buckets()[i];
  }
  return totals;
}

void RequestMetrics::append(telemetry::MetricsPage& page) const {
  using Kind = telemetry::MetricsPage::Kind;
  page.family("gatehouse_requests_total", Kind::counter,
              "Requests answered, by route and class of status.");
  for (const Slot& slot : slots_) {
    if (!slot.is_used()) continue;
    for (std::size_t i = 0; i < kClasses; ++i)
      page.sample(slot.by_class[i], {{"route", slot.route}, {"status", kClassNames[i]}});
  }
  page.family("gatehouse_request_seconds", Kind::histogram,
              "Time from a request's last byte to its answer, or to the begin of its stream.");
  for (const Slot& slot : slots_) {
    if (slot.is_used()) page.sample(slot.took, {{"route", slot.route}});
  }
  page.family("gatehouse_rate_limited_total", Kind::counter,
              "Requests answered with 429, by whichever limit.");
  page.sample(rate_limited_);
}

}  // namespace gatehouse::gateway
