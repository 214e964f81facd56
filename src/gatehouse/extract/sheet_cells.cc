// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/sheet_cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

#include "gatehouse/extract/text_writer.h"

namespace gatehouse::extract {

namespace {

constexpr std::size_t kColumnsMax = 20'000;
constexpr double kSecondsOfDay = 86'400;
constexpr double kSerialMax = 2'958'466;  // the year 10000
constexpr int kDaysTo1900 = 25'569;       // from the end of 1899 to 1970
constexpr int kDaysTo1904 = 24'107;

std::optional<double> number_of(std::string_view raw) {
  double number = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  if (error != std::errc() || end != raw.data() + raw.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

template <class... Values>
std::string formatted(const char* form, Values... values) {
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), form, values...);
  return {text.data(), static_cast<std::size_t>(std::max(0, size))};
}

std::string column_name(std::size_t column) {
  std::string name;
  for (++column; column > 0; column = (column - 1) / 26)
    name.insert(name.begin(), static_cast<char>('A' + (column - 1) % 26));
  return name;
}

bool is_built_in_date(int id) {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
         (id >= 50 && id <= 58);
}

}  // namespace

std::string number_text(std::string_view raw) {
  const auto number = number_of(raw);
  return number ? formatted("%.15g", *number) : std::string(raw);
}

bool shows_date(int format_id, std::string_view code) {
  if (code.empty()) return is_built_in_date(format_id);
  char closed_by = 0;  // what ends a text or a condition
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (closed_by != 0) {
      if (c == closed_by) closed_by = 0;
    } else if (c == '"') {
      closed_by = '"';
    } else if (c == '[') {
      // Hours beyond a day are a span of time, not a time of day.
      if (code.substr(i).starts_with("[h") || code.substr(i).starts_with("[m")) return false;
      closed_by = ']';
    } else if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == ';') {
      return false;
    } else if (std::string_view("yYdDhH").find(c) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

std::string date_text(std::string_view raw, bool since_1904) {
  const auto serial = number_of(raw);
  if (!serial || *serial < 0 || *serial >= kSerialMax) return number_text(raw);
  const double all_seconds = std::round(*serial * kSecondsOfDay);
  const auto days = static_cast<int>(all_seconds / kSecondsOfDay);
  const auto seconds = static_cast<int>(all_seconds - days * kSecondsOfDay);
  const std::string time =
      formatted("%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (days == 0) return time;
  // The first workbooks believed in a 29 February 1900, the 60th day.
  const int epoch = since_1904 ? kDaysTo1904 : days < 60 ? kDaysTo1900 - 1 : kDaysTo1900;
  const std::chrono::sys_days day{std::chrono::days{days - epoch}};
  const std::chrono::year_month_day date{day};
  const std::string text =
      formatted("%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return seconds == 0 ? text : text + " " + time;
}

std::size_t column_of(std::string_view reference) {
  std::size_t column = 0;
  std::size_t letters = 0;
  for (const char c : reference) {
    if (c < 'A' || c > 'Z') break;
    column = column * 26 + static_cast<std::size_t>(c - 'A' + 1);
    if (++letters > 3) return std::string_view::npos;
  }
  return letters == 0 || column > kColumnsMax ? std::string_view::npos : column - 1;
}

void RowText::add(std::size_t column, std::string_view value) {
  const std::string cell = on_one_line(value);
  if (cell.empty() || column < next_column_ || line_.size() + cell.size() > kRowBytesMax) return;
  if (column - next_column_ > kGapMax) {
    line_ += (line_.empty() ? "" : "\t") + column_name(column) + "=" + cell;
  } else {
    const std::size_t tabs = column - next_column_ + (next_column_ > 0 ? 1 : 0);
    line_.append(tabs, '\t').append(cell);
  }
  next_column_ = column + 1;
}

std::string RowText::take() {
  next_column_ = 0;
  return std::exchange(line_, {});
}

bool SharedTexts::add(std::string_view text) {
  if (bytes_.size() + text.size() > kBytesMax || ends_.size() >= kTextsMax) return false;
  bytes_ += text;
  ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  return true;
}

std::string_view SharedTexts::at(std::size_t index) const {
  if (index >= ends_.size()) return {};
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(bytes_).substr(begin, ends_[index] - begin);
}

}  // namespace gatehouse::extract
