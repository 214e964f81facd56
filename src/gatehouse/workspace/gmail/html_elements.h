// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gatehouse::workspace::gmail {

// What an element is to a reader of its text.
enum class HtmlKind {
  inline_text,
  block,      // begins a line
  paragraph,  // has blank lines around
  heading,
  strong,
  emphasis,
  link,
  quote,
  list,
  item,
  table,
  row,
  cell,
  preformatted,
  skipped,  // content is no text for readers
  empty,    // an element without content
};

// `name` is in lower case; elements that nobody knows are inline text.
HtmlKind html_kind_of(std::string_view name);

}  // namespace gatehouse::workspace::gmail
