// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/body_text.h"

#include <algorithm>
#include <array>

#include "gatehouse/base/encoding.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kLineMax = 76;

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 20);
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') out.push_back('\r');
    out.push_back(c);
  }
  if (!out.ends_with('\n')) out += "\r\n";
  return out;
}

bool is_plain(char c) { return (c > 0x20 && c < 0x7f && c != '=') || c == ' ' || c == '\t'; }

// One line of the text, without its end. A blank at the end would not survive the way, and what
// mailbox files and SMTP give a meaning at the beginning of a line is escaped there.
void append_quoted_line(std::string& out, std::string_view line) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::size_t width = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool is_last = i + 1 == line.size();
    const bool is_odd_blank = (c == ' ' || c == '\t') && is_last;
    const bool is_odd_start = width == 0 && (c == '.' || line.substr(i, 5) == "From ");
    const bool is_escaped = !is_plain(c) || is_odd_blank || is_odd_start;
    // The last byte of a full line is the = of a soft break.
    if (width + (is_escaped ? 3 : 1) > kLineMax - 1) {
      out += "=\r\n";
      width = 0;
      --i;
      continue;
    }
    if (is_escaped) {
      const auto byte = static_cast<unsigned char>(c);
      out += {'=', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out.push_back(c);
    }
    width += is_escaped ? 3 : 1;
  }
  out += "\r\n";
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    append_quoted_line(out, text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end == std::string_view::npos ? end : end + 1));
  }
  return out.empty() ? "\r\n" : out;
}

// RFC 4648: section 5 into section 4; '\0' for what is in neither alphabet.
char as_base64(char c) {
  if (c == '-') return '+';
  if (c == '_') return '/';
  const bool is_digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return is_digit || c == '+' || c == '/' ? c : '\0';
}

}  // namespace

std::string base64_lines(std::string_view bytes) {
  const std::string encoded = base::base64_encode(bytes);
  std::string out;
  for (std::size_t i = 0; i < encoded.size(); i += kLineMax)
    out.append(encoded, i, kLineMax).append("\r\n");
  return out;
}

bool append_base64_lines(base::Secret& out, std::string_view base64url) {
  for (int i = 0; i < 2 && base64url.ends_with('='); ++i) base64url.remove_suffix(1);
  if (base64url.size() % 4 == 1) return false;
  std::array<char, kLineMax + 2> line{};
  while (!base64url.empty()) {
    const std::string_view piece = base64url.substr(0, kLineMax);
    std::size_t size = 0;
    for (const char c : piece) {
      line[size] = as_base64(c);
      if (line[size++] == '\0') return false;
    }
    while (size % 4 != 0) line[size++] = '=';
    line[size++] = '\r';
    line[size++] = '\n';
    out.append({line.data(), size});
    base64url.remove_prefix(piece.size());
  }
  return true;
}

BodyText encode_body(std::string_view utf8) {
  const auto odd = static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return !is_plain(c) && c != '\n'; }));
  if (odd * 6 > utf8.size()) return {"base64", base64_lines(with_crlf(utf8))};
  return {"quoted-printable", quoted_printable(utf8)};
}

}  // namespace gatehouse::workspace::gmail
