// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/http/request_observer.h"
#include "gatehouse/http/router.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::gateway {

// What came in and what became of it, by route and by class of status.
class RequestMetrics final : public http::RequestObserver {
 public:
  // The paths of these routes are the labels there are, with `other` for what no route takes. They
  // stay where they are as long as requests come.
  void know(const std::vector<http::Route>& routes);

  void answered(std::string_view route, int status, std::chrono::nanoseconds took) override;
  void refused(int status) override;

  struct Totals {
    std::uint64_t requests = 0;
    std::uint64_t server_errors = 0;  // 5xx
    std::uint64_t rate_limited = 0;   // 429
    telemetry::Durations::Buckets took{};
  };
  Totals totals() const;

  // Routes that nobody has asked for are left out.
  void append(telemetry::MetricsPage& page) const;

 private:
  static constexpr std::size_t kClasses = 4;  // 2xx to 5xx

  struct Slot {
    Slot() = default;
    explicit Slot(std::string path) : route(std::move(path)) {}
    bool is_used() const;

    std::string route = "other";
    std::array<std::uint64_t, kClasses> by_class{};
    telemetry::Durations took;
  };

  Slot& slot_of(std::string_view route);
  void count(Slot& slot, int status);

  std::vector<Slot> slots_ = {Slot()};
  // The text of a route, by where it lies, and its slot: a few comparisons of addresses per
  // request.
  std::vector<std::pair<const char*, std::size_t>> by_text_;
  std::uint64_t rate_limited_ = 0;
};

}  // namespace gatehouse::gateway
