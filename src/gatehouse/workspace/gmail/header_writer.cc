// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/header_writer.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::string_view kEnd = "\r\n";
constexpr std::string_view kFold = "\r\n ";
constexpr std::size_t kLineMax = 78;
constexpr std::size_t kWordMax = 60;
constexpr std::size_t kMessageIdMax = 500;
// What fits an encoded word of 75 bytes; less in the first one, which shares its line with the
// field's name.
constexpr std::size_t kEncodedBytes = 45;
constexpr std::size_t kFirstEncodedBytes = 30;
// Of a parameter's text on one line, where each byte may take three.
constexpr std::size_t kParameterBytes = 18;

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

bool is_ascii(std::string_view text) { return std::all_of(text.begin(), text.end(), is_printable); }

// Valid UTF-8 without control characters, so that no value can hold a line end.
std::string harmless(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    append_code_point(out, c < 0x20 || (c >= 0x7f && c < 0xA0) ? U' ' : c);
  }
  return out;
}

// Whether a reader that unfolds and decodes gets the same text back from the text as it stands.
bool can_stand_as_it_is(std::string_view text) {
  if (!is_ascii(text) || text.find("=?") != std::string_view::npos) return false;
  if (text.starts_with(' ') || text.ends_with(' ')) return false;
  if (text.find("  ") != std::string_view::npos) return false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > kWordMax) return false;
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return true;
}

std::string encoded_words(std::string_view text) {
  std::string out;
  std::size_t bytes_max = kFirstEncodedBytes;
  while (!text.empty()) {
    const std::string_view piece = byte_prefix(text, bytes_max);
    if (!out.empty()) out += kFold;
    out += "=?UTF-8?B?" + base::base64_encode(piece) + "?=";
    text.remove_prefix(piece.size());
    bytes_max = kEncodedBytes;
  }
  return out;
}

// Breaks at single spaces; `used` bytes are on the line already.
std::string folded(std::string_view text, std::size_t used) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (!out.empty()) {
      const bool fits = used + 1 + end <= kLineMax;
      out += fits ? " " : kFold;
      used = fits ? used + 1 : 1;
    }
    out += text.substr(0, end);
    used += end;
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

bool is_phrase_character(char c) {
  const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_word || c == ' ' || c == '-' || c == '_' || c == '\'';
}

std::string phrase(std::string_view name) {
  if (!can_stand_as_it_is(name)) return encoded_words(name);
  if (std::all_of(name.begin(), name.end(), is_phrase_character)) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

bool can_be_quoted(std::string_view text) {
  const bool looks_encoded = text.find("=?") != std::string_view::npos;
  return is_ascii(text) && text.size() <= kWordMax && !looks_encoded &&
         text.find_first_of("\"\\") == std::string_view::npos;
}

// RFC 2231 sections 3 and 4.
std::string extended_parameter(std::string_view parameter, std::string_view text) {
  const bool is_whole = text.size() <= kParameterBytes;
  std::string out;
  for (std::size_t n = 0; !text.empty(); ++n) {
    const std::string_view piece = byte_prefix(text, kParameterBytes);
    out.append(n > 0 ? ";" : "").append(kFold).append(parameter).append("*");
    if (!is_whole) out += std::to_string(n) + "*";
    out.append(n > 0 ? "=" : "=UTF-8''").append(base::percent_encode(piece));
    text.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace

void HeaderWriter::begin(std::string_view name) {
  assert(!name.empty() && is_ascii(name) && name.find_first_of(": ") == std::string_view::npos);
  lines_.append(name).append(": ");
}

void HeaderWriter::fixed(std::string_view name, std::string_view value) {
  assert(is_ascii(value));
  begin(name);
  lines_.append(value).append(kEnd);
}

void HeaderWriter::text(std::string_view name, std::string_view value) {
  const std::string clean = harmless(value);
  begin(name);
  lines_ += can_stand_as_it_is(clean) ? folded(clean, name.size() + 2) : encoded_words(clean);
  lines_ += kEnd;
}

void HeaderWriter::addresses(std::string_view name, const std::vector<MailAddress>& list) {
  if (list.empty()) return;
  begin(name);
  bool is_first = true;
  for (const MailAddress& one : list) {
    if (!is_first) lines_.append(",").append(kFold);
    is_first = false;
    const std::string address = one.text();
    assert(is_ascii(address) && address.find_first_of(" <>\",;\\") == std::string::npos);
    const std::string shown = phrase(harmless(one.name));
    if (shown.empty()) {
      lines_ += address;
      continue;
    }
    lines_.append(shown);
    lines_.append(shown.size() + address.size() > kWordMax ? kFold : " ");
    lines_.append("<").append(address).append(">");
  }
  lines_ += kEnd;
}

void HeaderWriter::message_ids(std::string_view name, const std::vector<std::string>& ids) {
  std::string value;
  for (const std::string& id : ids) {
    if (!is_message_id(id)) continue;
    if (!value.empty()) value += kFold;
    value += id;
  }
  if (value.empty()) return;
  begin(name);
  lines_.append(value).append(kEnd);
}

void HeaderWriter::parameter(std::string_view name, std::string_view value, std::string_view key,
                             std::string_view text) {
  assert(is_ascii(value) && is_ascii(key) && !text.empty());
  const std::string clean = harmless(text);
  begin(name);
  lines_.append(value).append(";");
  if (can_be_quoted(clean)) {
    lines_.append(kFold).append(key).append("=\"").append(clean).append("\"");
  } else {
    lines_ += extended_parameter(key, clean);
  }
  lines_ += kEnd;
}

bool is_message_id(std::string_view text) {
  if (text.size() < 5 || text.size() > kMessageIdMax) return false;
  if (!text.starts_with('<') || !text.ends_with('>')) return false;
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.find('@') == std::string_view::npos) return false;
  return std::all_of(inner.begin(), inner.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '<' && c != '>' && c != ',';
  });
}

}  // namespace gatehouse::workspace::gmail
