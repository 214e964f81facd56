// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/mcp/catalog.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::gateway {

// How often each tool was called, what came of it and how long it took. A call that asks its user
// something is one call per round.
class ToolMetrics {
 public:
  explicit ToolMetrics(const base::Clock& clock) : clock_(clock) {}

  // The same catalog, whose tools are measured. It goes before this does.
  mcp::Catalog measured(mcp::Catalog catalog);

  struct Totals {
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;  // told to the model, or cut short
  };
  Totals totals() const;

  // Tools that nobody has called are left out.
  void append(telemetry::MetricsPage& page) const;

 private:
  enum class Outcome { ok, asked, error, invalid, cut };
  static constexpr std::size_t kOutcomes = 5;

  struct Tool {
    std::string name;
    std::array<std::uint64_t, kOutcomes> by_outcome{};
    telemetry::Durations took;
  };
  class Measure;

  static Outcome outcome_of(const mcp::ToolResult& result);
  base::Coroutine<mcp::ToolResult> run(std::size_t tool, const mcp::ToolHandler& inner,
                                       mcp::ToolCall& call);

  const base::Clock& clock_;
  std::vector<Tool> tools_;
};

}  // namespace gatehouse::gateway
