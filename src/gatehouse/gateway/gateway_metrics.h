// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/loop_lag.h"
#include "gatehouse/gateway/request_metrics.h"
#include "gatehouse/gateway/tool_metrics.h"
#include "gatehouse/google/call_counts.h"
#include "gatehouse/telemetry/emf.h"
#include "gatehouse/web/settings.h"

namespace gatehouse::gateway {

// What is counted elsewhere, read when somebody asks.
struct MetricsReading {
  std::uint64_t open_streams = 0;
  std::uint64_t open_connections = 0;
  std::uint64_t token_refresh_failures = 0;
  std::uint64_t kms_errors = 0;
  std::uint64_t store_errors = 0;
};

// Everything operators can watch of one process (docs/operations.md), for Prometheus as it is, for
// CloudWatch as what happened since the line before. Belongs to the loop's thread.
class GatewayMetrics {
 public:
  explicit GatewayMetrics(const base::Clock& clock);
  GatewayMetrics(const GatewayMetrics&) = delete;
  GatewayMetrics& operator=(const GatewayMetrics&) = delete;

  RequestMetrics& requests() { return requests_; }
  ToolMetrics& tools() { return tools_; }
  google::CallCounts& google() { return google_; }
  LoopLag& loop_lag() { return loop_lag_; }
  void count(web::SignInEnd end) { ++sign_ins_[static_cast<std::size_t>(end)]; }
  // Before the first page or line.
  void read_with(std::function<MetricsReading()> read) { read_ = std::move(read); }

  std::string page() const;
  std::string emf_line(const std::string& name_space, const std::string& service);

 private:
  // What only grows.
  struct Totals {
    RequestMetrics::Totals requests;
    ToolMetrics::Totals tools;
    google::CallCounts google;
    MetricsReading reading;
    std::uint64_t sign_ins = 0;
    std::uint64_t sign_in_failures = 0;
  };
  Totals totals() const;

  const base::Clock& clock_;
  const base::SystemTime started_;
  RequestMetrics requests_;
  ToolMetrics tools_;
  google::CallCounts google_;
  LoopLag loop_lag_;
  std::array<std::uint64_t, 3> sign_ins_{};
  std::function<MetricsReading()> read_ = [] { return MetricsReading(); };
  Totals told_;  // by the line before
};

}  // namespace gatehouse::gateway
