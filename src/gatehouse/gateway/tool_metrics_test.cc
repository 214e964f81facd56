// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/tool_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "gatehouse/base/json.h"

namespace gatehouse::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Sealer final : public mcp::StateSealer {
 public:
  std::string seal(std::string_view, std::string_view, std::string_view,
                   std::chrono::seconds) override {
    return {};
  }
  base::Result<std::string> open(std::string_view, std::string_view, std::string_view) override {
    return base::Error{base::Errc::denied, "unused"};
  }
};

class ToolMetricsTest : public ::testing::Test {
 protected:
  void offer(const std::string& name, const mcp::ToolHandler& handler) {
    mcp::Tool tool;
    tool.name = name;
    tool.description = "For tests.";
    tool.input_schema = R"({"type":"object"})";
    tool.handler = handler;
    offered.tools.add(std::move(tool));
  }

  // Whether the call threw.
  bool call(const mcp::Catalog& catalog, const std::string& name) {
    const mcp::Caller caller;
    mcp::ToolCall call(caller, base::JsonValue(), sealer);
    bool threw = false;
    boost::asio::io_context loop(1);
    boost::asio::co_spawn(
        loop.get_executor(), catalog.tools.find(name)->handler(call),
        [&](std::exception_ptr trouble, const mcp::ToolResult&) { threw = trouble != nullptr; });
    loop.run();
    return threw;
  }

  std::string page() const {
    std::string out;
    telemetry::MetricsPage page(out);
    metrics.append(page);
    return out;
  }

  base::FixedClock clock{base::from_epoch_seconds(1'800'000'000)};
  ToolMetrics metrics{clock};
  Sealer sealer;
  mcp::Catalog offered;
};

base::Coroutine<mcp::ToolResult> answer(mcp::ToolResult result) { co_return result; }

base::Coroutine<mcp::ToolResult> fail() {
  throw std::runtime_error("broken");
  co_return mcp::ToolResult();
}

TEST_F(ToolMetricsTest, CountsByOutcomeAndMeasures) {
  offer("good", [this](mcp::ToolCall&) {
    clock.advance(std::chrono::seconds(2));
    return answer(mcp::tool_text("done"));
  });
  offer("bad", [](mcp::ToolCall&) { return answer(mcp::tool_error("no")); });
  offer("asks", [](mcp::ToolCall&) { return answer(mcp::tool_needs({})); });
  offer("throws", [](mcp::ToolCall&) { return fail(); });
  offer("idle", [](mcp::ToolCall&) { return answer(mcp::tool_text("done")); });
  const mcp::Catalog catalog = metrics.measured(std::move(offered));
  call(catalog, "good");
  call(catalog, "good");
  call(catalog, "bad");
  call(catalog, "asks");
  EXPECT_TRUE(call(catalog, "throws"));

  for (const char* line : {R"(gatehouse_tool_calls_total{tool="good",outcome="ok"} 2)",
                           R"(gatehouse_tool_calls_total{tool="bad",outcome="error"} 1)",
                           R"(gatehouse_tool_calls_total{tool="asks",outcome="asked"} 1)",
                           R"(gatehouse_tool_calls_total{tool="throws",outcome="cut"} 1)",
                           R"(gatehouse_tool_seconds_sum{tool="good"} 4)"})
    EXPECT_THAT(page(), HasSubstr(line));
  EXPECT_THAT(page(), Not(HasSubstr("idle")));
  EXPECT_EQ(metrics.totals().calls, 5U);
  EXPECT_EQ(metrics.totals().errors, 2U);
}

}  // namespace
}  // namespace gatehouse::gateway
