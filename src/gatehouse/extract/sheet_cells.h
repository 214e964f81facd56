// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::extract {

// The values of a spreadsheet's cells as a reader sees them.

// A number as it is shown without a format: at most 15 digits.
std::string number_text(std::string_view raw);

// Whether a format of ECMA-376 part 1 section 18.8.30 shows a number as a date or time. `code` is
// empty for the built-in ones.
bool shows_date(int format_id, std::string_view code);

// "2026-11-10", "09:15:00" or both, of days since the epoch of the workbook: the end of 1899, or
// the beginning of 1904. Numbers that are no dates stay numbers.
std::string date_text(std::string_view raw, bool since_1904);

// "C" of "C12" is 2; npos for what is no reference.
std::size_t column_of(std::string_view reference);

// One row, cells apart by tabs. A far cell behind a gap names its place instead of filling the gap.
class RowText {
 public:
  void add(std::size_t column, std::string_view value);
  // Empty when no cell has anything.
  std::string take();

 private:
  static constexpr std::size_t kGapMax = 20;
  static constexpr std::size_t kRowBytesMax = 1024 * 1024;

  std::string line_;
  std::size_t next_column_ = 0;
};

// Texts that cells name by their number, in one piece of memory.
class SharedTexts {
 public:
  // False, and nothing is kept, when there are too many.
  bool add(std::string_view text);
  std::string_view at(std::size_t index) const;  // empty when there is none

 private:
  static constexpr std::size_t kBytesMax = 24 * 1024 * 1024;
  static constexpr std::size_t kTextsMax = 2'000'000;

  std::string bytes_;
  std::vector<std::uint32_t> ends_;
};

}  // namespace gatehouse::extract
