// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/command_line.h"

namespace gatehouse::aws {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Takes one quoted or escaped part from the front of `text` into `word`; false when it stays open.
bool take_single_quoted(std::string_view& text, std::string& word) {
  const std::size_t end = text.find('\'', 1);
  if (end == std::string_view::npos) return false;
  word += text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return true;
}

bool take_escaped(std::string_view& text, std::string& word) {
  if (text.size() < 2) return false;
  word += text[1];
  text.remove_prefix(2);
  return true;
}

bool take_double_quoted(std::string_view& text, std::string& word) {
  text.remove_prefix(1);
  while (!text.empty()) {
    const char c = text.front();
    // POSIX 2.2.3: within double quotes a backslash escapes only what would have a meaning.
    const bool escapes = c == '\\' && text.size() > 1 &&
                         std::string_view("\"\\$`").find(text[1]) != std::string_view::npos;
    if (escapes) text.remove_prefix(1);
    if (c == '"') {
      text.remove_prefix(1);
      return true;
    }
    word += text.front();
    text.remove_prefix(1);
  }
  return false;
}

bool take_part(std::string_view& text, std::string& word) {
  switch (text.front()) {
    case '\'':
      return take_single_quoted(text, word);
    case '"':
      return take_double_quoted(text, word);
    case '\\':
      return take_escaped(text, word);
    default:
      word += text.front();
      text.remove_prefix(1);
      return true;
  }
}

}  // namespace

std::optional<std::vector<std::string>> split_command(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty()) return words;
    std::string word;
    while (!text.empty() && !is_space(text.front())) {
      if (!take_part(text, word)) return std::nullopt;
    }
    words.push_back(std::move(word));
  }
}

}  // namespace gatehouse::aws
