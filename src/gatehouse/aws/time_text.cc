// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/time_text.h"

#include <array>
#include <cstdio>

namespace gatehouse::aws {
namespace {

using std::chrono::day;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

// Takes fixed parts from the front of a text; once one is wrong, all that follow are.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    ok_ = ok_ && left_.size() >= digits;
    for (std::size_t i = 0; ok_ && i < digits; ++i) {
      ok_ = left_[i] >= '0' && left_[i] <= '9';
      value = value * 10 + (left_[i] - '0');
    }
    if (ok_) left_.remove_prefix(digits);
    return value;
  }
  void literal(std::string_view text) {
    ok_ = ok_ && left_.starts_with(text);
    if (ok_) left_.remove_prefix(text.size());
  }
  std::string_view take(std::size_t size) {
    ok_ = ok_ && left_.size() >= size;
    if (!ok_) return {};
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  void skip_fraction() {
    if (!ok_ || !left_.starts_with('.')) return;
    const std::size_t end = left_.find_first_not_of("0123456789", 1);
    ok_ = end != 1 && end != std::string_view::npos;
    if (ok_) left_.remove_prefix(end);
  }
  bool at_end() const { return ok_ && left_.empty(); }
  std::string_view left() const { return left_; }

 private:
  std::string_view left_;
  bool ok_ = true;
};

// Years 1970 to 9999.
bool is_in_years(base::SystemTime time) {
  return time >= sys_days(year(1970) / 1 / 1) && time < sys_days(year(10'000) / 1 / 1);
}

std::optional<base::SystemTime> assemble(year_month_day date, int hour, int minute, int second) {
  const bool plausible = date.ok() && hour < 24 && minute < 60 &&
                         second <= 60;  // a leap second counts as the next one
  if (!plausible) return std::nullopt;
  const base::SystemTime time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  if (!is_in_years(time)) return std::nullopt;
  return time;
}

// RFC 3339 section 5.6: hours up to 23, minutes up to 59.
std::optional<seconds> read_offset(Reader& reader) {
  const std::string_view sign = reader.take(1);
  if (sign == "Z" || sign == "z") return seconds(0);
  if (sign != "+" && sign != "-") {
    reader.literal("Z");
    return seconds(0);
  }
  const int hour = reader.number(2);
  reader.literal(":");
  const int minute = reader.number(2);
  if (hour > 23 || minute > 59) return std::nullopt;
  const seconds offset = hours(hour) + minutes(minute);
  return sign == "-" ? -offset : offset;
}

unsigned month_number(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return i + 1;
  }
  return 0;
}

}  // namespace

std::string amz_date(base::SystemTime time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  char text[48];
  std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::optional<base::SystemTime> parse_timestamp(std::string_view text) {
  Reader reader(text);
  const int y = reader.number(4);
  reader.literal("-");
  const int m = reader.number(2);
  reader.literal("-");
  const int d = reader.number(2);
  reader.literal("T");
  const int hour = reader.number(2);
  reader.literal(":");
  const int minute = reader.number(2);
  reader.literal(":");
  const int second = reader.number(2);
  reader.skip_fraction();
  const std::optional<seconds> offset = read_offset(reader);
  if (!offset || !reader.at_end()) return std::nullopt;
  const year_month_day date(year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d)));
  const auto time = assemble(date, hour, minute, second);
  if (!time || !is_in_years(*time - *offset)) return std::nullopt;
  return *time - *offset;
}

std::optional<base::SystemTime> parse_http_date(std::string_view text) {
  Reader reader(text);
  reader.take(3);  // the weekday says nothing that the date does not
  reader.literal(", ");
  const int d = reader.number(2);
  reader.literal(" ");
  const unsigned m = month_number(reader.take(3));
  reader.literal(" ");
  const int y = reader.number(4);
  reader.literal(" ");
  const int hour = reader.number(2);
  reader.literal(":");
  const int minute = reader.number(2);
  reader.literal(":");
  const int second = reader.number(2);
  reader.literal(" GMT");
  if (!reader.at_end()) return std::nullopt;
  const year_month_day date(year(y), month(m), day(static_cast<unsigned>(d)));
  return assemble(date, hour, minute, second);
}

}  // namespace gatehouse::aws
