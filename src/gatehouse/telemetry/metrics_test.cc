// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/metrics.h"

#include <gtest/gtest.h>

namespace gatehouse::telemetry {
namespace {

using namespace std::chrono_literals;
using Kind = MetricsPage::Kind;

TEST(Durations, ABucketHoldsItsUpperBound) {
  Durations durations;
  for (const auto took : {0ns, std::chrono::nanoseconds(5ms), std::chrono::nanoseconds(5ms) + 1ns,
                          std::chrono::nanoseconds(60s), std::chrono::nanoseconds(61s)})
    durations.add(took);
  EXPECT_EQ(durations.buckets().front(), 2U);
  EXPECT_EQ(durations.buckets()[1], 1U);
  EXPECT_EQ(durations.buckets()[Durations::kBoundsMs.size() - 1], 1U);
  EXPECT_EQ(durations.buckets().back(), 1U);
  EXPECT_EQ(durations.count(), 5U);
  EXPECT_EQ(durations.sum(), 121s + 10ms + 1ns);
}

TEST(MetricsPage, SaysHelpAndTypeOfEachFamilyOnceAndBeforeItsSamples) {
  std::string out;
  MetricsPage(out)
      .family("calls_total", Kind::counter, "Calls.")
      .sample(std::uint64_t{3}, {{"tool", "a"}, {"outcome", "ok"}})
      .sample(std::uint64_t{0}, {{"tool", "b"}, {"outcome", "ok"}})
      .family("lag_seconds", Kind::gauge, "Lag.")
      .sample(0.25);
  EXPECT_EQ(out,
            "# HELP calls_total Calls.\n"
            "# TYPE calls_total counter\n"
            "calls_total{tool=\"a\",outcome=\"ok\"} 3\n"
            "calls_total{tool=\"b\",outcome=\"ok\"} 0\n"
            "# HELP lag_seconds Lag.\n"
            "# TYPE lag_seconds gauge\n"
            "lag_seconds 0.25\n");
}

TEST(MetricsPage, HistogramsAddUp) {
  Durations durations;
  durations.add(7ms);
  durations.add(2s);
  durations.add(100s);
  std::string out;
  MetricsPage(out).family("took_seconds", Kind::histogram, "Time.").sample(durations, {{"r", "/"}});
  for (const char* line :
       {"took_seconds_bucket{r=\"/\",le=\"0.005\"} 0\n", "_bucket{r=\"/\",le=\"0.01\"} 1\n",
        "_bucket{r=\"/\",le=\"1\"} 1\n", "_bucket{r=\"/\",le=\"2.5\"} 2\n",
        "_bucket{r=\"/\",le=\"60\"} 2\n", "_bucket{r=\"/\",le=\"+Inf\"} 3\n",
        "took_seconds_sum{r=\"/\"} 102.007\n", "took_seconds_count{r=\"/\"} 3\n"})
    EXPECT_NE(out.find(line), std::string::npos) << line << out;
}

TEST(MetricsPage, NoLabelEndsItsLine) {
  std::string out;
  MetricsPage(out)
      .family("info", Kind::gauge, "Info.")
      .sample(std::uint64_t{1}, {{"version", "a\"b\\c\nd"}});
  EXPECT_NE(out.find("info{version=\"a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos) << out;
}

}  // namespace
}  // namespace gatehouse::telemetry
