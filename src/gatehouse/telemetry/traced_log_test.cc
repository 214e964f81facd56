// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/traced_log.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/base/random.h"

namespace gatehouse::telemetry {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kHeader = "00-" + kTrace + "-00f067aa0ba902b7-01";

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Wants nothing below a warning.
class SternLog final : public Log {
 public:
  bool enabled(Level level) const override { return level >= Level::warn; }
  void put(Level, std::string_view, std::span<const LogField>) override { ++lines; }
  int lines = 0;
};

class CountingRandom final : public base::Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    ++fills;
    inner_.fill(out);
  }
  int fills = 0;

 private:
  base::SeededRandom inner_{5};
};

TEST(TracedLog, EndsEachLineWithTheNamesOfItsRequest) {
  base::SeededRandom random(3);
  MemoryLog lines;
  const RequestTrace trace(kHeader, random);
  TracedLog(lines, trace).audit("signed in", {{Field::reason, "x"}, {Field::count, 2}});
  TracedLog(lines, trace).warn("bare");
  const std::string names = R"("trace_id":")" + kTrace + R"(","request_id":")" +
                            std::string(trace.request_id()) + "\"}\n";
  EXPECT_TRUE(holds(lines.text(), R"("reason":"x","count":2,)" + names)) << lines.text();
  EXPECT_TRUE(holds(lines.text(), R"("event":"bare",)" + names)) << lines.text();
}

TEST(TracedLog, NamesNothingForALineThatIsNotWanted) {
  CountingRandom random;
  SternLog stern;
  const RequestTrace trace({}, random);
  TracedLog log(stern, trace);
  log.info("passes by");
  EXPECT_FALSE(log.enabled(Level::info));
  EXPECT_EQ(stern.lines, 0);
  EXPECT_EQ(random.fills, 0);
  log.warn("stays");
  EXPECT_EQ(stern.lines, 1);
  EXPECT_EQ(random.fills, 2);
}

TEST(TracedLog, LeavesTheLinesOfNoRequestAsTheyAre) {
  MemoryLog lines;
  TracedLog(lines, RequestTrace::none()).info("alone");
  EXPECT_TRUE(holds(lines.text(), R"("event":"alone"})")) << lines.text();
}

}  // namespace
}  // namespace gatehouse::telemetry
