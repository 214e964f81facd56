// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/text_writer.h"

#include <algorithm>

namespace gatehouse::extract {

namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

}  // namespace

void TextWriter::block(std::string_view text, Distance from_previous) {
  while (!text.empty() && kWhiteSpace.find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  if (text.empty()) return;
  if (!text_.empty()) append(from_previous == Distance::line ? "\n" : "\n\n");
  append(text);
}

void TextWriter::append(std::string_view text) {
  const std::size_t room = bytes_max_ - text_.size();
  if (text.size() > room) is_full_ = true;
  text_.append(beginning(text, room));
}

std::string_view beginning(std::string_view text, std::size_t bytes_max) {
  if (bytes_max >= text.size()) return text;
  // A character ends before a byte that does not go on one.
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

void append_within(std::string& text, std::string_view more, std::size_t bytes_max) {
  text.append(beginning(more, bytes_max - std::min(bytes_max, text.size())));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

std::string on_one_line(std::string_view text) {
  std::string line(trimmed(text));
  for (char& c : line) {
    if (kWhiteSpace.find(c) != std::string_view::npos) c = ' ';
  }
  return line;
}

}  // namespace gatehouse::extract
