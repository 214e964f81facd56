// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/raw_head.h"

#include <algorithm>

#include "gatehouse/base/encoding.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kFieldsMax = 1'000;

// With its CRLF; empty when it ends otherwise or not at all.
std::string_view line_at(std::string_view message, std::size_t start) {
  const std::size_t end = message.find_first_of("\r\n", start);
  if (end == std::string_view::npos || message.substr(end, 2) != "\r\n") return {};
  return message.substr(start, end + 2 - start);
}

// RFC 5322 section 3.6.8.
bool is_name(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::string RawField::value() const {
  std::string text(lines.substr(name.size() + 1));
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  return std::string(base::trim(text));
}

std::optional<RawHead> read_raw_head(std::string_view message) {
  message = message.substr(0, kRawHeadMax);
  RawHead head;
  while (head.fields.size() <= kFieldsMax) {
    const std::string_view line = line_at(message, head.size);
    if (line.empty()) return std::nullopt;
    const std::size_t start = head.size;
    head.size += line.size();
    if (line == "\r\n") return head;
    if (is_blank(line.front())) {
      if (head.fields.empty()) return std::nullopt;
      RawField& folded = head.fields.back();
      folded.lines = {folded.lines.data(), folded.lines.size() + line.size()};
      continue;
    }
    const std::string_view name = line.substr(0, line.find(':'));
    if (name.size() == line.size() || !is_name(name)) return std::nullopt;
    head.fields.push_back({name, message.substr(start, line.size())});
  }
  return std::nullopt;
}

}  // namespace gatehouse::workspace::gmail
