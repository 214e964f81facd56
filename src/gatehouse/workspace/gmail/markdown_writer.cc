// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/markdown_writer.h"

#include <algorithm>
#include <utility>

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kPrefixesMax = 12;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

}  // namespace

void MarkdownWriter::words(std::string_view text) {
  while (!text.empty()) {
    if (is_space(text.front())) {
      space_due_ = true;
      text.remove_prefix(1);
      continue;
    }
    std::size_t size = 0;
    while (size < text.size() && !is_space(text[size])) ++size;
    start_text();
    out_.append(text.substr(0, size));
    text.remove_prefix(size);
  }
}

void MarkdownWriter::verbatim(std::string_view text) {
  if (text.empty()) return;
  start_text();
  out_.append(text);
}

void MarkdownWriter::line_ends(std::size_t count) {
  space_due_ = false;
  if (!out_.empty()) line_ends_due_ = std::max(line_ends_due_, count);
}

void MarkdownWriter::push_prefix(std::string_view first, std::string_view prefix) {
  prefixes_.push_back({std::string(first), std::string(prefix)});
}

void MarkdownWriter::pop_prefix() {
  if (!prefixes_.empty()) prefixes_.pop_back();
}

std::size_t MarkdownWriter::start_text() {
  if (line_ends_due_ > 0) {
    for (; line_ends_due_ > 0; --line_ends_due_) out_.push_back('\n');
    at_line_start_ = true;
  }
  if (at_line_start_) {
    begin_line();
  } else if (space_due_) {
    out_.push_back(' ');
  }
  space_due_ = false;
  at_line_start_ = false;
  return out_.size();
}

void MarkdownWriter::begin_line() {
  for (std::size_t i = 0; i < prefixes_.size(); ++i) {
    Prefix& prefix = prefixes_[i];
    // Deeper marks than these say nothing more and would let a short mail grow without end.
    if (i < kPrefixesMax) out_.append(prefix.first);
    prefix.first = prefix.rest;
  }
}

std::string MarkdownWriter::take() { return std::exchange(out_, std::string()); }

}  // namespace gatehouse::workspace::gmail
