// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/content_disposition.h"

#include "gatehouse/base/encoding.h"

namespace gatehouse::http {
namespace {

// Old readers undo escapes of their own in a quoted string: none of what they might see is sent.
bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '%'; }

std::string legible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = base::utf8_sequence_size(text);
    const bool is_control = static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f;
    if (size > 0 && !is_control) out.append(text.substr(0, size));
    text.remove_prefix(size > 0 ? size : 1);
  }
  return out;
}

std::string in_ascii(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = base::utf8_sequence_size(text);
    out += is_plain(text[0]) ? text[0] : '_';
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace

std::string attachment_disposition(std::string_view file_name) {
  const std::string name = legible(file_name);
  const std::string ascii = in_ascii(name);
  std::string value = "attachment; filename=\"" + ascii + "\"";
  if (ascii != name) value += "; filename*=UTF-8''" + base::percent_encode(name);
  return value;
}

}  // namespace gatehouse::http
