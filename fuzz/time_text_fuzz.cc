// SPDX-License-Identifier: Apache-2.0
//
// Times as models, Google and AWS write them, and the zone files of the system.
#include "fuzzing.h"
#include "gatehouse/aws/time_text.h"
#include "gatehouse/workspace/time_zone.h"

namespace gatehouse::fuzzing {
namespace {

using workspace::TimeZone;

constexpr std::int64_t kShownMax = 253'402'128'000;  // 9999-12-30, where format_minute() ends

void check_minute(std::int64_t seconds, const TimeZone& zone) {
  const std::string shown = workspace::format_minute(seconds, zone);
  assert(is_visible_ascii(shown) && shown.size() <= 25);
}

void check_time(std::string_view text) {
  const TimeZone utc = TimeZone::utc();
  const auto time = workspace::parse_time(text, utc);
  if (!time) return;
  check_minute(*time, utc);
  // To the minute, what is shown reads back, but for the last day of all.
  if (*time >= kShownMax) return;
  const auto again = workspace::parse_time(workspace::format_minute(*time, utc), utc);
  assert(again && *again <= *time && *time - *again < 60);
  static const auto zurich = TimeZone::named("Europe/Zurich");
  if (!zurich) return;
  const auto local = workspace::parse_time(text, *zurich);
  assert(local && std::abs(*local - *time) <= 2 * 3600);
  check_minute(*local, *zurich);
}

void check_zone_file(std::string_view file) {
  const auto zone = TimeZone::parse(file);
  if (!zone) return;
  constexpr std::int64_t kMoments[] = {-100'000'000'000, 0, 1'800'000'000, 200'000'000'000};
  for (const std::int64_t seconds : kMoments) {
    (void)zone->offset_at(seconds);
    (void)workspace::format_minute(seconds, *zone);
  }
  (void)workspace::parse_time("2026-11-03T09:15", *zone);
}

void check_timestamp(std::string_view text) {
  for (const auto& time : {aws::parse_timestamp(text), aws::parse_http_date(text)}) {
    if (!time) continue;
    const std::string shown = aws::amz_date(*time);
    assert(shown.size() == 16 && shown.ends_with('Z'));
  }
}

}  // namespace

void run(std::string_view input) {
  check_time(input);
  check_timestamp(input);
  check_zone_file(input);
  (void)TimeZone::named(input);
}

}  // namespace gatehouse::fuzzing
