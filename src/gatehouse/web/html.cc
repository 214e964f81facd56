// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/html.h"

namespace gatehouse::web {
namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  }
}

}  // namespace

Html Html::text(std::string_view outside) {
  Html out;
  out.markup_.reserve(outside.size() + 16);
  for (const char c : outside) append_escaped(out.markup_, c);
  return out;
}

}  // namespace gatehouse::web
