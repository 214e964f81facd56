// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/time_zone.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace gatehouse::workspace {

namespace {

constexpr std::string_view kZoneDirectory = "/usr/share/zoneinfo/";
constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr std::size_t kHeaderSize = 44;

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' ||
      name.find("..") != std::string_view::npos)
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/_+-").find(c) != std::string_view::npos;
  });
}

// Big-endian, two's complement.
std::int64_t integer_at(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = static_cast<unsigned char>(bytes[offset]) & 0x80 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i)
    value = (value << 8) | static_cast<unsigned char>(bytes[offset + i]);
  return static_cast<std::int64_t>(value);
}

struct Counts {
  std::size_t utc = 0, standard = 0, leap = 0, times = 0, types = 0, characters = 0;

  std::size_t block_size(std::size_t time_size) const {
    return times * (time_size + 1) + types * 6 + characters + leap * (time_size + 4) + standard +
           utc;
  }
};

std::optional<Counts> counts_at(std::string_view file, std::size_t offset) {
  if (file.size() < offset + kHeaderSize || file.substr(offset, 4) != "TZif") return std::nullopt;
  const auto count = [&](std::size_t i) {
    return static_cast<std::size_t>(integer_at(file, offset + 20 + i * 4, 4) & 0xFFFFF);
  };
  return Counts{count(0), count(1), count(2), count(3), count(4), count(5)};
}

// The number at the front of `text`, removed from it; -1 when there is none.
int take_number(std::string_view& text, std::size_t digits_max) {
  int value = 0;
  std::size_t size = 0;
  while (size < text.size() && size < digits_max && text[size] >= '0' && text[size] <= '9')
    value = value * 10 + (text[size++] - '0');
  text.remove_prefix(size);
  return size == 0 ? -1 : value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// [+-]hh[:mm[:ss]]
std::optional<std::int64_t> take_clock(std::string_view& text) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const int hours = take_number(text, 3);
  if (hours < 0) return std::nullopt;
  std::int64_t seconds = hours * 3600;
  if (take(text, ':')) seconds += 60 * take_number(text, 2);
  if (take(text, ':')) seconds += take_number(text, 2);
  return negative ? -seconds : seconds;
}

void skip_name(std::string_view& text) {
  if (take(text, '<')) {
    text.remove_prefix(std::min(text.size(), text.find('>') + 1));
    return;
  }
  while (!text.empty() && ((text.front() >= 'A' && text.front() <= 'Z') ||
                           (text.front() >= 'a' && text.front() <= 'z')))
    text.remove_prefix(1);
}

std::int64_t midnight(int year, int month, int day) {
  const std::chrono::sys_days days = std::chrono::year(year) / month / day;
  return std::chrono::duration_cast<std::chrono::seconds>(days.time_since_epoch()).count();
}

int year_of(std::int64_t epoch_seconds) {
  const auto days = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(epoch_seconds)));
  return static_cast<int>(std::chrono::year_month_day(days).year());
}

}  // namespace

std::optional<TimeZone> TimeZone::named(std::string_view name) {
  if (name == "UTC" || name == "Z") return utc();
  if (!is_zone_name(name)) return std::nullopt;
  std::ifstream in(std::string(kZoneDirectory) + std::string(name), std::ios::binary);
  if (!in) return std::nullopt;
  std::string file(kFileBytesMax, '\0');
  in.read(file.data(), static_cast<std::streamsize>(file.size()));
  file.resize(static_cast<std::size_t>(in.gcount()));
  return parse(file);
}

std::optional<TimeZone> TimeZone::parse(std::string_view file) {
  const auto first = counts_at(file, 0);
  if (!first || file[4] < '2') return std::nullopt;
  const std::size_t second_header = kHeaderSize + first->block_size(4);
  const auto counts = counts_at(file, second_header);
  if (!counts || counts->types == 0) return std::nullopt;
  const std::size_t times = second_header + kHeaderSize;
  const std::size_t kinds = times + counts->times * 8;
  const std::size_t types = kinds + counts->times;
  const std::size_t footer = times + counts->block_size(8);
  if (footer > file.size()) return std::nullopt;

  TimeZone zone;
  const auto offset_of = [&](std::size_t type) { return integer_at(file, types + type * 6, 4); };
  zone.offsets_.push_back(offset_of(0));
  for (std::size_t i = 0; i < counts->times; ++i) {
    const auto type = static_cast<unsigned char>(file[kinds + i]);
    if (type >= counts->types) return std::nullopt;
    zone.transitions_.push_back(integer_at(file, times + i * 8, 8));
    zone.offsets_.push_back(offset_of(type));
  }
  zone.standard_ = zone.daylight_ = zone.offsets_.back();
  std::string_view rule = file.substr(footer);
  if (take(rule, '\n') && !zone.parse_footer(rule.substr(0, rule.find('\n')))) return std::nullopt;
  return zone;
}

// POSIX TZ as RFC 8536 section 3.3 uses it: "CET-1CEST,M3.5.0,M10.5.0/3". Rules by day of the year
// are taken as no rule.
bool TimeZone::parse_footer(std::string_view rule) {
  if (rule.empty()) return true;
  skip_name(rule);
  const auto west = take_clock(rule);
  if (!west) return false;
  standard_ = daylight_ = -*west;
  if (rule.empty()) return true;
  skip_name(rule);
  daylight_ = standard_ + 3600;
  if (!rule.empty() && rule.front() != ',') {
    const auto daylight_west = take_clock(rule);
    if (!daylight_west) return false;
    daylight_ = -*daylight_west;
  }
  if (!take(rule, ',')) return true;
  const std::size_t comma = rule.find(',');
  if (comma == std::string_view::npos) return true;
  daylight_from_ = parse_change(rule.substr(0, comma));
  standard_from_ = parse_change(rule.substr(comma + 1));
  return true;
}

std::optional<TimeZone::Change> TimeZone::parse_change(std::string_view text) {
  Change change;
  if (!take(text, 'M')) return std::nullopt;
  change.month = take_number(text, 2);
  if (!take(text, '.')) return std::nullopt;
  change.week = take_number(text, 1);
  if (!take(text, '.')) return std::nullopt;
  change.weekday = take_number(text, 1);
  if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5 ||
      change.weekday < 0 || change.weekday > 6)
    return std::nullopt;
  if (take(text, '/')) {
    const auto second = take_clock(text);
    if (!second) return std::nullopt;
    change.second = *second;
  }
  return change;
}

// In local time of the zone, as seconds that pretend to be UTC.
std::int64_t TimeZone::moment_of(const Change& change, int year) const {
  using namespace std::chrono;
  const weekday wanted(static_cast<unsigned>(change.weekday));
  const auto month_of_year = std::chrono::year(year) / change.month;
  const sys_days day = change.week == 5
                           ? sys_days(month_of_year / wanted[last])
                           : sys_days(month_of_year / wanted[static_cast<unsigned>(change.week)]);
  return duration_cast<seconds>(day.time_since_epoch()).count() + change.second;
}

std::int64_t TimeZone::offset_at(std::int64_t epoch_seconds) const {
  if (is_utc()) return 0;
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), epoch_seconds);
  if (next != transitions_.end())
    return offsets_[static_cast<std::size_t>(next - transitions_.begin())];
  if (!daylight_from_ || !standard_from_) return standard_;
  const int year = year_of(epoch_seconds + standard_);
  const std::int64_t from = moment_of(*daylight_from_, year) - standard_;
  const std::int64_t to = moment_of(*standard_from_, year) - daylight_;
  // South of the equator daylight time spans the new year.
  const bool is_daylight = from < to ? epoch_seconds >= from && epoch_seconds < to
                                     : epoch_seconds >= from || epoch_seconds < to;
  return is_daylight ? daylight_ : standard_;
}

std::string format_minute(std::int64_t epoch_seconds, const TimeZone& zone) {
  using namespace std::chrono;
  // Years of four digits only; a mail may claim any date.
  epoch_seconds =
      std::clamp<std::int64_t>(epoch_seconds, midnight(1, 1, 2), midnight(9999, 12, 30));
  const std::int64_t offset = zone.offset_at(epoch_seconds);
  const sys_seconds local{seconds(epoch_seconds + offset)};
  const auto day = floor<days>(local);
  const year_month_day date(day);
  const auto minute = duration_cast<minutes>(local - day).count();
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(minute / 60), static_cast<int>(minute % 60));
  if (zone.is_utc()) return std::string(text) + "Z";
  char suffix[16];
  const int east = static_cast<int>(offset / 60);
  std::snprintf(suffix, sizeof suffix, "%c%02d:%02d", east < 0 ? '-' : '+',
                std::abs(east) / 60 % 100, std::abs(east) % 60);
  return std::string(text) + suffix;
}

std::optional<std::int64_t> parse_time(std::string_view text, const TimeZone& zone) {
  const int year = take_number(text, 4);
  if (!take(text, '-')) return std::nullopt;
  const int month = take_number(text, 2);
  if (!take(text, '-')) return std::nullopt;
  const int day = take_number(text, 2);
  const auto date = std::chrono::year(year) / month / day;
  if (year < 1900 || month < 1 || day < 1 || !date.ok()) return std::nullopt;
  std::int64_t local = midnight(year, month, day);
  if (!text.empty()) {
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
    const int hour = take_number(text, 2);
    if (!take(text, ':')) return std::nullopt;
    const int minute = take_number(text, 2);
    const int second = take(text, ':') ? take_number(text, 2) : 0;
    if (take(text, '.')) take_number(text, 9);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
      return std::nullopt;
    local += hour * 3600 + minute * 60 + second;
  }
  if (text == "Z" || text == "z") return local;
  if (!text.empty()) {
    const bool is_east = text.front() == '+';
    if (!is_east && text.front() != '-') return std::nullopt;
    text.remove_prefix(1);
    const int hours = take_number(text, 2);
    take(text, ':');
    const int minutes = take_number(text, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !text.empty())
      return std::nullopt;
    const std::int64_t offset = hours * 3600 + minutes * 60;
    return is_east ? local - offset : local + offset;
  }
  // The offset an hour or two off only matters next to a change; then the second look settles it.
  const std::int64_t guess = local - zone.offset_at(local);
  return local - zone.offset_at(guess);
}

}  // namespace gatehouse::workspace
