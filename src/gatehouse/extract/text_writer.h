// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::extract {

// Text of bounded length, in blocks: paragraphs stand apart by an empty line, items of a list do
// not.
class TextWriter {
 public:
  explicit TextWriter(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  enum class Distance { line, paragraph };
  // Blank blocks leave no trace.
  void block(std::string_view text, Distance from_previous);
  // After what was just written, without any gap.
  void append(std::string_view text);

  bool is_full() const { return is_full_; }
  bool is_empty() const { return text_.empty(); }
  std::string take() { return std::move(text_); }

 private:
  std::size_t bytes_max_;
  std::string text_;
  bool is_full_ = false;
};

// At most so many bytes of it, and no part of a character.
std::string_view beginning(std::string_view text, std::size_t bytes_max);
// As much more as a text of that size has room for.
void append_within(std::string& text, std::string_view more, std::size_t bytes_max);

// Without white space at either end.
std::string_view trimmed(std::string_view text);
// On one line; what would end a cell of a table is another space.
std::string on_one_line(std::string_view text);

}  // namespace gatehouse::extract
