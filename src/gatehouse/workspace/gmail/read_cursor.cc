// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/read_cursor.h"

#include <algorithm>
#include <charconv>

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::string_view kKinds = "mte";  // in the order of MailReference::Kind

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

bool read_number(std::string_view word, std::size_t& out) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return error == std::errc() && end == word.data() + word.size();
}

}  // namespace

std::string ReadCursor::text() const {
  std::string out = std::to_string(message) + " " + std::to_string(offset) + " -";
  if (options.quotes) out += "q";
  if (options.headers) out += "h";
  if (options.html) out += "r";
  for (const MailReference& item : items)
    out += std::string(" ") + kKinds[static_cast<std::size_t>(item.kind)] + item.id;
  return out;
}

std::optional<ReadCursor> ReadCursor::parse(std::string_view text) {
  ReadCursor cursor;
  if (!read_number(take_word(text), cursor.message) || !read_number(take_word(text), cursor.offset))
    return std::nullopt;
  const std::string_view options = take_word(text);
  const auto has = [&](char option) { return options.find(option) != std::string_view::npos; };
  cursor.options = {has('q'), has('h'), has('r')};
  while (!text.empty()) {
    const std::string_view word = take_word(text);
    const std::size_t kind = word.empty() ? std::string_view::npos : kKinds.find(word.front());
    if (kind == std::string_view::npos || word.size() < 2) return std::nullopt;
    cursor.items.push_back({static_cast<MailReference::Kind>(kind), std::string(word.substr(1))});
  }
  if (cursor.items.empty()) return std::nullopt;
  return cursor;
}

}  // namespace gatehouse::workspace::gmail
