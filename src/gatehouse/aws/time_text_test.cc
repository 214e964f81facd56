// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/time_text.h"

#include <gtest/gtest.h>

namespace gatehouse::aws {
namespace {

TEST(TimeText, WritesAmzDates) {
  EXPECT_EQ(amz_date(base::from_epoch_seconds(0)), "19700101T000000Z");
  EXPECT_EQ(amz_date(base::from_epoch_seconds(1'795'492'805)), "20261124T040005Z");
  EXPECT_EQ(amz_date(base::from_epoch_seconds(4'102'444'799)), "20991231T235959Z");
}

TEST(TimeText, ReadsTimestamps) {
  const struct {
    const char* text;
    std::int64_t seconds;  // -1: refused
  } rows[] = {{"2026-11-24T04:00:05Z", 1'795'492'805},
              {"2026-11-24T04:00:05.999Z", 1'795'492'805},
              {"2026-11-24T04:00:05+00:00", 1'795'492'805},
              {"2026-11-24T05:30:05+01:30", 1'795'492'805},
              {"2026-11-23T22:00:05-06:00", 1'795'492'805},
              {"2038-01-19T03:14:08Z", 2'147'483'648},
              {"2026-11-24T04:00:05", -1},
              {"2026-11-24 04:00:05Z", -1},
              {"2026-13-24T04:00:05Z", -1},
              {"2026-02-30T04:00:05Z", -1},
              {"2026-11-24T24:00:05Z", -1},
              {"2026-11-24T04:00:05.Z", -1},
              {"2026-11-24T04:00:05Z ", -1},
              {"1969-12-31T23:59:59Z", -1},
              {"1970-01-01T00:00:00+00:01", -1},
              {"9999-12-31T23:59:59-00:01", -1},
              {"9999-12-31T23:59:60Z", -1},
              {"2026-11-24T04:00:05+24:00", -1},
              {"2026-11-24T04:00:05-01:60", -1},
              {"2026-11-24T04:00:05+0100", -1},
              {"1795492805", -1},
              {"", -1}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto time = parse_timestamp(row.text);
    EXPECT_EQ(time ? base::epoch_seconds(*time) : -1, row.seconds);
  }
}

TEST(TimeText, ReadsHttpDates) {
  const struct {
    const char* text;
    std::int64_t seconds;
  } rows[] = {{"Tue, 24 Nov 2026 04:00:05 GMT", 1'795'492'805},
              {"Fri, 31 Dec 9999 23:59:60 GMT", -1},
              {"Tue, 31 Feb 2026 04:00:05 GMT", -1},
              {"Tue, 24 Nox 2026 04:00:05 GMT", -1},
              {"Tue, 24 Nov 2026 04:00:05", -1},
              {"Tuesday, 24-Nov-26 04:00:05 GMT", -1},
              {"", -1}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto time = parse_http_date(row.text);
    EXPECT_EQ(time ? base::epoch_seconds(*time) : -1, row.seconds);
  }
}

}  // namespace
}  // namespace gatehouse::aws
