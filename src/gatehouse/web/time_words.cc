// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/time_words.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace gatehouse::web {
namespace {

constexpr const char* kWeekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January",   "February", "March",    "April",
                                   "May",       "June",     "July",     "August",
                                   "September", "October",  "November", "December"};

struct Parts {
  explicit Parts(base::SystemTime time)
      : day(std::chrono::floor<std::chrono::days>(time)), date(day), clock(time - day) {}
  std::chrono::sys_days day;
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::seconds> clock;
};

std::string machine_words(base::SystemTime time) {
  const Parts parts(time);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(parts.date.year()), static_cast<unsigned>(parts.date.month()),
                static_cast<unsigned>(parts.date.day()),
                static_cast<int>(parts.clock.hours().count()),
                static_cast<int>(parts.clock.minutes().count()),
                static_cast<int>(parts.clock.seconds().count()));
  return text.data();
}

}  // namespace

std::string time_words(base::SystemTime time) {
  const Parts parts(time);
  return std::string(kWeekdays[std::chrono::weekday(parts.day).c_encoding()]) + " " +
         short_time_words(time);
}

std::string short_time_words(base::SystemTime time) {
  const Parts parts(time);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%u %s %d, %02d:%02d UTC",
                static_cast<unsigned>(parts.date.day()),
                kMonths[static_cast<unsigned>(parts.date.month()) - 1],
                static_cast<int>(parts.date.year()), static_cast<int>(parts.clock.hours().count()),
                static_cast<int>(parts.clock.minutes().count()));
  return text.data();
}

Html time_element(base::SystemTime time) {
  return html("<time datetime=\"{}\">{}</time>", machine_words(time), short_time_words(time));
}

}  // namespace gatehouse::web
