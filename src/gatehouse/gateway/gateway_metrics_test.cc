// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/gateway_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "gatehouse/base/json.h"

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class GatewayMetricsTest : public ::testing::Test {
 protected:
  GatewayMetricsTest() {
    metrics.read_with([this] { return reading; });
  }

  base::JsonDocument emf() {
    auto document = base::JsonDocument::parse(metrics.emf_line("Gatehouse", "mail"));
    EXPECT_TRUE(document);
    return std::move(*document);
  }
  static std::int64_t number(const base::JsonDocument& line, std::string_view name) {
    return line.root().find_integer(name).value_or(-1);
  }

  base::FixedClock clock{base::from_epoch_seconds(1'800'000'000)};
  MetricsReading reading;
  GatewayMetrics metrics{clock};
};

TEST_F(GatewayMetricsTest, EveryFamilyHasHelpAndTypeAndComesOnce) {
  const std::string page = metrics.page();
  std::set<std::string> families;
  std::set<std::string> typed;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = page.find('\n', at);
    const std::string line = page.substr(at, end - at);
    at = end + 1;
    const bool help = line.starts_with("# HELP ");
    if (!help && !line.starts_with("# TYPE ")) continue;
    const std::string name = line.substr(7, line.find(' ', 7) - 7);
    EXPECT_TRUE((help ? families : typed).insert(name).second) << line;
  }
  EXPECT_EQ(families, typed);
  for (const char* name :
       {"gatehouse_requests_total", "gatehouse_request_seconds", "gatehouse_open_streams",
        "gatehouse_tool_calls_total", "gatehouse_tool_seconds", "gatehouse_google_calls_total",
        "gatehouse_google_units_total", "gatehouse_google_throttled_total",
        "gatehouse_token_refresh_failures_total", "gatehouse_kms_errors_total",
        "gatehouse_store_errors_total", "gatehouse_sign_ins_total", "gatehouse_rate_limited_total",
        "gatehouse_loop_lag_seconds", "gatehouse_resident_bytes", "gatehouse_open_connections",
        "gatehouse_build_info", "process_start_time_seconds"})
    EXPECT_EQ(families.count(name), 1U) << name;
}

TEST_F(GatewayMetricsTest, ThePageSaysWhatWasCounted) {
  reading.open_streams = 3;
  reading.store_errors = 2;
  metrics.google().units = 40;
  metrics.google().throttled = 1;
  metrics.count(web::SignInEnd::failed);
  metrics.loop_lag().note(250ms);
  clock.advance(60s);
  for (const char* line :
       {"gatehouse_open_streams 3\n", "gatehouse_store_errors_total 2\n",
        "gatehouse_google_units_total 40\n", "gatehouse_google_throttled_total 1\n",
        "gatehouse_google_calls_total{outcome=\"throttled\"} 1\n",
        "gatehouse_sign_ins_total{outcome=\"failed\"} 1\n",
        "gatehouse_sign_ins_total{outcome=\"signed_in\"} 0\n", "gatehouse_loop_lag_seconds 0.25\n",
        "process_start_time_seconds 1800000000\n"})
    EXPECT_THAT(metrics.page(), HasSubstr(line));
  EXPECT_THAT(metrics.page(), Not(HasSubstr("gatehouse_resident_bytes 0\n")));
}

TEST_F(GatewayMetricsTest, ALineTellsWhatHappenedSinceTheOneBefore) {
  metrics.requests().answered({}, 500, 3ms);
  metrics.requests().answered({}, 429, 3ms);
  metrics.count(web::SignInEnd::signed_in);
  metrics.count(web::SignInEnd::refused);
  reading.kms_errors = 5;
  reading.open_streams = 7;
  const base::JsonDocument first = emf();
  EXPECT_EQ(number(first, "Requests"), 2);
  EXPECT_EQ(number(first, "ServerErrors"), 1);
  EXPECT_EQ(number(first, "RateLimited"), 1);
  EXPECT_EQ(number(first, "SignIns"), 1);
  EXPECT_EQ(number(first, "SignInFailures"), 1);
  EXPECT_EQ(number(first, "KmsErrors"), 5);
  EXPECT_EQ(number(first, "OpenStreams"), 7);
  EXPECT_EQ(first.root().find_string("Service"), "mail");

  reading.kms_errors = 6;
  metrics.requests().answered({}, 200, 3ms);
  const base::JsonDocument second = emf();
  EXPECT_EQ(number(second, "Requests"), 1);
  EXPECT_EQ(number(second, "ServerErrors"), 0);
  EXPECT_EQ(number(second, "KmsErrors"), 1);
  EXPECT_EQ(number(second, "OpenStreams"), 7) << "how many there are, not how many came";
  EXPECT_THAT(metrics.emf_line("Gatehouse", "mail"), Not(HasSubstr("RequestMs")));
}

TEST(LoopLag, IsTheLongestOfTheLastMinute) {
  LoopLag lag;
  EXPECT_EQ(lag.longest(), 0ns);
  lag.note(-3ms);
  lag.note(80ms);
  for (int i = 0; i < 58; ++i) lag.note(2ms);
  EXPECT_EQ(lag.longest(), 80ms);
  lag.note(1ms);
  lag.note(1ms);
  EXPECT_EQ(lag.longest(), 2ms);
}

}  // namespace
}  // namespace gatehouse::gateway
