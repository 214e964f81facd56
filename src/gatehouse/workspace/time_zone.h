// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::workspace {

// Offsets from UTC over time, from the system's zone files (RFC 8536).
class TimeZone {
 public:
  static TimeZone utc() { return TimeZone(); }
  // An IANA name like "Europe/Zurich". nullopt when the system knows no such zone.
  static std::optional<TimeZone> named(std::string_view name);
  // The content of a zone file, version 2 or later.
  static std::optional<TimeZone> parse(std::string_view file);

  std::int64_t offset_at(std::int64_t epoch_seconds) const;  // seconds east of UTC
  bool is_utc() const { return offsets_.empty(); }

 private:
  TimeZone() = default;

  // The day and second when one half of a year's rule begins: the `week`th `weekday` of `month`, 5
  // being the last.
  struct Change {
    int month = 0, week = 0, weekday = 0;
    std::int64_t second = 7200;
  };
  static std::optional<Change> parse_change(std::string_view text);
  bool parse_footer(std::string_view rule);
  std::int64_t moment_of(const Change& change, int year) const;

  std::vector<std::int64_t> transitions_;
  std::vector<std::int64_t>
      offsets_;  // one more than transitions: the first holds before all of them
  // After the last transition.
  std::int64_t standard_ = 0;
  std::int64_t daylight_ = 0;
  std::optional<Change> daylight_from_, standard_from_;
};

// 2026-11-10T09:15+01:00; "Z" in UTC.
std::string format_minute(std::int64_t epoch_seconds, const TimeZone& zone);

// "2026-11-03" (midnight in `zone`), "2026-11-03T09:15" (in `zone`), or with "Z" or an offset,
// seconds optional.
std::optional<std::int64_t> parse_time(std::string_view text, const TimeZone& zone);

}  // namespace gatehouse::workspace
