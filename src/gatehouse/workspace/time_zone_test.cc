// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/time_zone.h"

#include <gtest/gtest.h>

namespace gatehouse::workspace {
namespace {

constexpr std::int64_t kNovember = 1'794'302'100;  // 2026-11-10T09:15:00Z
constexpr std::int64_t kJuly = 1'783'000'000;      // 2026-07-02T13:46:40Z
constexpr std::int64_t kFarJuly = 2'540'000'000;   // 2050-06-28T03:33:20Z

struct FormatCase {
  const char* zone;
  std::int64_t time;
  const char* text;
};

TEST(TimeZone, KnowsOffsetsOfItsTimes) {
  const FormatCase cases[] = {
      {"UTC", kNovember, "2026-11-10T09:15Z"},
      {"Europe/Zurich", kNovember, "2026-11-10T10:15+01:00"},
      {"Europe/Zurich", kJuly, "2026-07-02T15:46+02:00"},
      {"Europe/Zurich", kFarJuly, "2050-06-28T05:33+02:00"},
      {"America/New_York", kNovember, "2026-11-10T04:15-05:00"},
      {"America/St_Johns", kNovember, "2026-11-10T05:45-03:30"},
      {"Australia/Sydney", kNovember, "2026-11-10T20:15+11:00"},
      {"Australia/Sydney", kFarJuly, "2050-06-28T13:33+10:00"},
      {"Asia/Kolkata", kFarJuly, "2050-06-28T09:03+05:30"},
      {"UTC", 0, "1970-01-01T00:00Z"},
      {"UTC", -9'000'000'000'000, "0001-01-02T00:00Z"},
      {"UTC", 9'000'000'000'000'000, "9999-12-30T00:00Z"},
  };
  for (const FormatCase& c : cases) {
    SCOPED_TRACE(c.zone);
    const auto zone = TimeZone::named(c.zone);
    ASSERT_TRUE(zone);
    EXPECT_EQ(format_minute(c.time, *zone), c.text);
  }
}

TEST(TimeZone, RefusesNamesThatAreNoZones) {
  for (const char* name : {"", "Mars/Base", "../../etc/passwd", "/etc/passwd", "Europe", "Europe/",
                           "a b", "tzdata.zi"}) {
    EXPECT_FALSE(TimeZone::named(name)) << name;
  }
}

TEST(TimeZone, RefusesBrokenFiles) {
  EXPECT_FALSE(TimeZone::parse(""));
  EXPECT_FALSE(TimeZone::parse("TZif2"));
  EXPECT_FALSE(TimeZone::parse("TZif2" + std::string(200, '\xFF')));
  EXPECT_FALSE(TimeZone::parse("TZif2" + std::string(39, '\0') + "TZif2" + std::string(39, '\0')));
}

TEST(TimeZone, ReadsTimesAsPeopleWriteThem) {
  const TimeZone zurich = *TimeZone::named("Europe/Zurich");
  const std::pair<const char*, std::int64_t> good[] = {
      {"2026-11-10", 1'794'265'200},           {"2026-07-02", 1'782'943'200},
      {"2026-11-10T10:15", kNovember},         {"2026-11-10T10:15:00", kNovember},
      {"2026-11-10 10:15", kNovember},         {"2026-11-10T09:15:00Z", kNovember},
      {"2026-11-10T09:15:00.123Z", kNovember}, {"2026-11-10T04:15-05:00", kNovember},
      {"2026-11-10T14:45+0530", kNovember},
  };
  for (const auto& [text, time] : good) EXPECT_EQ(parse_time(text, zurich), time) << text;
  for (const char* text : {"", "yesterday", "2026", "2026-13-01", "2026-02-30", "10/11/2026",
                           "2026-11-10T25:00", "2026-11-10T10", "2026-11-10T10:15+", "2026-11-10x",
                           "2026-11-10T10:15+24:00", "2026-11-10T10:15-01:60"}) {
    EXPECT_FALSE(parse_time(text, zurich)) << text;
  }
}

}  // namespace
}  // namespace gatehouse::workspace
