// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/emf.h"

#include <gtest/gtest.h>

#include "gatehouse/base/json.h"

namespace gatehouse::telemetry {
namespace {

using namespace std::chrono_literals;
using Unit = EmfLine::Unit;

TEST(EmfLine, SaysWhatItsMetricsAreAndThenTheirValues) {
  EmfLine line("Gatehouse", "gatehouse", 1'800'000'000'123);
  line.add("Requests", Unit::count, 7).add("ResidentBytes", Unit::bytes, 20'000'000'000);
  EXPECT_EQ(line.text(),
            R"({"_aws":{"Timestamp":1800000000123,"CloudWatchMetrics":[{"Namespace":"Gatehouse",)"
            R"("Dimensions":[["Service"]],"Metrics":[{"Name":"Requests","Unit":"Count"},)"
            R"({"Name":"ResidentBytes","Unit":"Bytes"}]}]},"Service":"gatehouse","Requests":7,)"
            R"("ResidentBytes":20000000000})");
}

TEST(EmfLine, DurationsAreValuesWithTheirCounts) {
  Durations durations;
  durations.add(1ms);
  durations.add(2ms);
  durations.add(90s);
  const std::string text = EmfLine("G", "g", 0).add("RequestMs", durations.buckets()).text();
  EXPECT_NE(text.find(R"("RequestMs":{"Values":[5,120000],"Counts":[2,1],"Min":5,"Max":120000,)"
                      R"("Sum":120010,"Count":3})"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"({"Name":"RequestMs","Unit":"Milliseconds"})"), std::string::npos);
}

TEST(EmfLine, WhatNeverCameIsLeftOut) {
  const std::string text = EmfLine("G", "g", 0).add("RequestMs", Durations().buckets()).text();
  EXPECT_EQ(text.find("RequestMs"), std::string::npos) << text;
  EXPECT_TRUE(base::JsonDocument::parse(text));
}

TEST(Emf, KnowsWhichNamesCloudWatchTakes) {
  const struct {
    const char* text;
    bool name_space;
    bool value;
  } cases[] = {{"Gatehouse", true, true},
               {"acme/Gate-house_1.x#:", true, true},
               {"AWS/Gatehouse", false, true},
               {"", false, false},
               {" ", false, false},
               {"two words", false, true},
               {":first", true, false},
               {"caf\xC3\xA9", false, false},
               {"line\nfeed", false, false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(is_emf_namespace(c.text), c.name_space);
    EXPECT_EQ(is_emf_dimension_value(c.text), c.value);
  }
  EXPECT_FALSE(is_emf_namespace(std::string(256, 'a')));
  EXPECT_FALSE(is_emf_dimension_value(std::string(256, 'a')));
}

}  // namespace
}  // namespace gatehouse::telemetry
