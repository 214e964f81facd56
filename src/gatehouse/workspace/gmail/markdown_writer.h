// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::workspace::gmail {

// Lays out running text: white space collapses, line ends asked for several times come once, and
// every line begins with the marks of the quotes and lists it stands in.
class MarkdownWriter {
 public:
  // Text in which any run of white space is one space.
  void words(std::string_view text);
  // Text that stays as it is, on one line.
  void verbatim(std::string_view text);
  // Asks for at least this many line ends before the next text: 1 begins a line, 2 leaves a blank
  // one.
  void line_ends(std::size_t count);
  // One more line end than is due, so two of them leave a blank line.
  void line_break() { line_ends(line_ends_due_ == 0 ? 1 : 2); }

  // Every line from the next on begins with `prefix`, the first with `first`.
  void push_prefix(std::string_view first, std::string_view prefix);
  void pop_prefix();

  // Where the next text will begin, line ends and spaces that are due written first.
  std::size_t start_text();
  // Puts a mark before text that began at `offset`, which lies near the end.
  void insert(std::size_t offset, std::string_view mark) { out_.insert(offset, mark); }
  void append(std::string_view mark) { out_.append(mark); }

  const std::string& text() const { return out_; }
  std::string take();

 private:
  void begin_line();

  std::string out_;
  struct Prefix {
    std::string first;  // until a line has begun with it
    std::string rest;
  };
  std::vector<Prefix> prefixes_;
  std::size_t line_ends_due_ = 0;
  bool space_due_ = false;
  bool at_line_start_ = true;
};

}  // namespace gatehouse::workspace::gmail
