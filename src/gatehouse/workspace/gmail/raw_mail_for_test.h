// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/workspace/gmail/header_text.h"
#include "gatehouse/workspace/gmail/mail_for_test.h"
#include "gatehouse/workspace/gmail/mime_tree.h"

// For tests: reads a mail that we wrote, byte by byte, the way Google has to. Whatever is not as
// the RFCs have it is a failure of the test.
namespace gatehouse::workspace::gmail {

// RFC 5322 section 2.1.1, and no byte that is not 7-bit.
inline void expect_well_formed_lines(std::string_view raw) {
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto byte = static_cast<unsigned char>(raw[i]);
    ASSERT_TRUE(byte < 0x80 && (byte >= 0x20 || byte == '\r' || byte == '\n' || byte == '\t'))
        << "byte " << int(byte) << " at " << i;
    if (byte == '\r') ASSERT_TRUE(i + 1 < raw.size() && raw[i + 1] == '\n') << "a lone CR at " << i;
    if (byte != '\n') continue;
    ASSERT_TRUE(i > 0 && raw[i - 1] == '\r') << "a lone LF at " << i;
    ASSERT_LE(i - 1 - line_start, 998u);
    line_start = i + 1;
  }
}

inline std::string_view take_raw_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 2));
  return line;
}

// Unfolded, RFC 5322 section 2.2.3; stops behind the empty line.
inline HeaderPairs take_raw_headers(std::string_view& rest) {
  HeaderPairs headers;
  while (!rest.empty()) {
    const std::string_view line = take_raw_line(rest);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      EXPECT_FALSE(headers.empty());
      EXPECT_NE(line.find_first_not_of(" \t"), std::string_view::npos) << "a line of blanks";
      if (!headers.empty()) headers.back().second += std::string(line);
      continue;
    }
    const std::size_t colon = line.find(':');
    EXPECT_NE(colon, std::string_view::npos) << "no header line: " << line;
    const std::size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    headers.emplace_back(line.substr(0, colon), line.substr(value));
  }
  return headers;
}

inline std::string value_of(const HeaderPairs& headers, std::string_view name) {
  for (const auto& [each, value] : headers) {
    if (base::equal_ignoring_case(each, name)) return value;
  }
  return "";
}

inline std::size_t count_of(const HeaderPairs& headers, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(),
      [&](const auto& header) { return base::equal_ignoring_case(header.first, name); }));
}

inline int raw_hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c - 'A' + 10; }

inline std::string decode_quoted_printable(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    std::string_view line = take_raw_line(lines);
    EXPECT_LE(line.size(), 76u);
    EXPECT_FALSE(line.ends_with(' ') || line.ends_with('\t')) << line;
    const bool is_soft = line.ends_with('=');
    if (is_soft) line.remove_suffix(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '=') {
        out.push_back(line[i]);
        continue;
      }
      EXPECT_LT(i + 2, line.size()) << line;
      if (i + 2 >= line.size()) break;
      out.push_back(static_cast<char>(raw_hex(line[i + 1]) * 16 + raw_hex(line[i + 2])));
      i += 2;
    }
    if (!is_soft) out += "\r\n";
  }
  return out;
}

inline std::string decode_base64_lines(std::string_view lines) {
  std::string joined;
  while (!lines.empty()) {
    const std::string_view line = take_raw_line(lines);
    EXPECT_LE(line.size(), 76u);
    joined += line;
  }
  const auto bytes = base::base64_decode(joined);
  EXPECT_TRUE(bytes);
  return bytes.value_or("");
}

inline TestPart read_raw_part(std::string_view raw) {
  TestPart part;
  part.headers = take_raw_headers(raw);
  const Parameters type = parse_parameters(value_of(part.headers, "Content-Type"));
  part.mime = type.value;
  if (!part.mime.starts_with("multipart/")) {
    const std::string encoding = value_of(part.headers, "Content-Transfer-Encoding");
    EXPECT_TRUE(encoding == "base64" || encoding == "quoted-printable") << encoding;
    part.text = encoding == "base64" ? decode_base64_lines(raw) : decode_quoted_printable(raw);
    return part;
  }
  const std::string delimiter = "--" + type.parameter("boundary");
  EXPECT_GT(delimiter.size(), 20u);
  std::string current;
  bool is_inside = false, is_closed = false;
  while (!raw.empty()) {
    const std::string_view line = take_raw_line(raw);
    if (line != delimiter && line != delimiter + "--") {
      if (is_inside) current += std::string(line) + "\r\n";
      continue;
    }
    EXPECT_FALSE(is_closed);
    // The line end before a delimiter belongs to it.
    if (is_inside) {
      part.parts.push_back(read_raw_part(std::string_view(current).substr(0, current.size() - 2)));
    }
    current.clear();
    is_inside = line == delimiter;
    is_closed = !is_inside;
  }
  EXPECT_TRUE(is_closed) << "the boundary is never closed";
  return part;
}

inline TestPart read_raw_mail(std::string_view raw) {
  expect_well_formed_lines(raw);
  return read_raw_part(raw);
}

// What our own reader makes of it, by way of the JSON that Gmail would answer.
struct ReadBack {
  std::string plain;
  std::string html;
};
inline ReadBack read_back(const TestPart& mail) {
  const auto document = base::JsonDocument::parse(payload_json(mail));
  EXPECT_TRUE(document);
  ReadBack out;
  if (!document) return out;
  const MimeTree tree = MimeTree::parse(document->root());
  for (std::size_t i = 0; i < tree.parts().size(); ++i) {
    if (tree.parts()[i].mime == "text/plain") out.plain = tree.text_of(i);
    if (tree.parts()[i].mime == "text/html") out.html = tree.text_of(i);
  }
  return out;
}

}  // namespace gatehouse::workspace::gmail
