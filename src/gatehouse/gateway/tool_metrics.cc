// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/tool_metrics.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gatehouse::gateway {
namespace {

constexpr std::array<std::string_view, 5> kOutcomeNames = {"ok", "asked", "error", "invalid",
                                                           "cut"};

}  // namespace

// Counts when the call ends, however it does.
class ToolMetrics::Measure {
 public:
  Measure(ToolMetrics& metrics, std::size_t tool)
      : metrics_(metrics), tool_(tool), began_(metrics.clock_.steady_now()) {}
  Measure(const Measure&) = delete;
  Measure& operator=(const Measure&) = delete;
  ~Measure() {
    Tool& tool = metrics_.tools_[tool_];
    ++tool.by_outcome[static_cast<std::size_t>(outcome_)];
    tool.took.add(metrics_.clock_.steady_now() - began_);
  }

  void end(Outcome outcome) { outcome_ = outcome; }

 private:
  ToolMetrics& metrics_;
  const std::size_t tool_;
  const std::chrono::steady_clock::time_point began_;
  Outcome outcome_ = Outcome::cut;
};

mcp::Catalog ToolMetrics::measured(mcp::Catalog catalog) {
  mcp::Catalog out;
  out.prompts = std::move(catalog.prompts);
  out.resources = std::move(catalog.resources);
  for (mcp::Tool tool : catalog.tools.tools()) {
    const std::size_t index = tools_.size();
    tools_.push_back({tool.name, {}, {}});
    tool.handler = [this, index, inner = std::move(tool.handler)](mcp::ToolCall& call) {
      return run(index, inner, call);
    };
    out.tools.add(std::move(tool));
  }
  return out;
}

base::Coroutine<mcp::ToolResult> ToolMetrics::run(std::size_t tool, const mcp::ToolHandler& inner,
                                                  mcp::ToolCall& call) {
  Measure measure(*this, tool);
  mcp::ToolResult result = co_await inner(call);
  measure.end(outcome_of(result));
  co_return result;
}

ToolMetrics::Outcome ToolMetrics::outcome_of(const mcp::ToolResult& result) {
  if (result.protocol_error) return Outcome::invalid;
  if (result.input_required) return Outcome::asked;
  return result.is_error ? Outcome::error : Outcome::ok;
}

ToolMetrics::Totals ToolMetrics::totals() const {
  Totals totals;
  for (const Tool& tool : tools_) {
    for (const std::uint64_t n : tool.by_outcome) totals.calls += n;
    totals.errors += tool.by_outcome[static_cast<std::size_t>(Outcome::error)] +
                     tool.by_outcome[static_cast<std::size_t>(Outcome::cut)];
  }
  return totals;
}

void ToolMetrics::append(telemetry::MetricsPage& page) const {
  using Kind = telemetry::MetricsPage::Kind;
  page.family("gatehouse_tool_calls_total", Kind::counter, "Calls of tools, by what came of them.");
  for (const Tool& tool : tools_) {
    if (tool.took.count() == 0) continue;
    for (std::size_t i = 0; i < kOutcomes; ++i)
      page.sample(tool.by_outcome[i], {{"tool", tool.name}, {"outcome", kOutcomeNames[i]}});
  }
  page.family("gatehouse_tool_seconds", Kind::histogram, "How long calls of tools took.");
  for (const Tool& tool : tools_) {
    if (tool.took.count() > 0) page.sample(tool.took, {{"tool", tool.name}});
  }
}

}  // namespace gatehouse::gateway
