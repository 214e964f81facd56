// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/request_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class RequestMetricsTest : public ::testing::Test {
 protected:
  RequestMetricsTest() {
    for (const auto& [method, path] :
         {std::pair(http::Method::get, "/healthz"), std::pair(http::Method::post, "/mcp"),
          std::pair(http::Method::get, "/mcp")})
      router.add({method, path, http::Access::open,
                  [](const http::Request&) { return base::Coroutine<http::Response>(); }});
    metrics.know(router.routes());
  }

  std::string page() const {
    std::string out;
    telemetry::MetricsPage page(out);
    metrics.append(page);
    return out;
  }
  // As Request::route is: the path of the route itself.
  std::string_view route(std::size_t index) const { return router.routes()[index].path; }

  http::Router router;
  RequestMetrics metrics;
};

TEST_F(RequestMetricsTest, MethodsOfOnePathCountTogether) {
  metrics.answered(route(1), 200, 3ms);
  metrics.answered(route(2), 202, 3ms);
  metrics.answered(route(2), 503, 3s);
  EXPECT_THAT(page(), HasSubstr(R"(gatehouse_requests_total{route="/mcp",status="2xx"} 2)"));
  EXPECT_THAT(page(), HasSubstr(R"(gatehouse_requests_total{route="/mcp",status="5xx"} 1)"));
  EXPECT_THAT(page(), HasSubstr(R"(gatehouse_request_seconds_count{route="/mcp"} 3)"));
  EXPECT_THAT(page(), Not(HasSubstr("healthz"))) << "nobody asked for it";
}

TEST_F(RequestMetricsTest, NoTextOfARequestBecomesALabel) {
  const std::string outside = "/mcp";  // the same letters, but not the route's own
  metrics.answered(outside, 404, 1ms);
  metrics.answered({}, 404, 1ms);
  metrics.refused(431);
  EXPECT_THAT(page(), HasSubstr(R"(gatehouse_requests_total{route="other",status="4xx"} 3)"));
  EXPECT_THAT(page(), HasSubstr(R"(gatehouse_request_seconds_count{route="other"} 2)"));
  EXPECT_THAT(page(), Not(HasSubstr("/mcp")));
}

TEST_F(RequestMetricsTest, TotalsAreOfAllRoutes) {
  metrics.answered(route(0), 200, 1ms);
  metrics.answered(route(1), 429, 1ms);
  metrics.answered(route(1), 500, 7ms);
  metrics.refused(503);
  const RequestMetrics::Totals totals = metrics.totals();
  EXPECT_EQ(totals.requests, 4U);
  EXPECT_EQ(totals.server_errors, 2U);
  EXPECT_EQ(totals.rate_limited, 1U);
  EXPECT_EQ(totals.took[0], 2U);
  EXPECT_EQ(totals.took[1], 1U);
}

TEST_F(RequestMetricsTest, AnOddStatusIsCountedSomewhere) {
  metrics.answered(route(0), 100, 1ms);
  metrics.answered(route(0), 999, 1ms);
  EXPECT_EQ(metrics.totals().requests, 2U);
}

}  // namespace
}  // namespace gatehouse::gateway
