// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

struct HtmlMarkdown {
  std::string text;
  std::size_t hidden_characters = 0;  // text that no reader sees, left out
  std::size_t invisible_characters = 0;
  std::size_t misleading_links = 0;  // links that show another host than they open
  // Where a quoted earlier mail begins, by the marks that mail programs leave; npos when there are
  // none.
  std::size_t history_at = std::string::npos;
  bool cut = false;  // the HTML was longer than 1 MB, or its text than 4 MB
};

// HTML mail as markdown: links keep their targets, images become [image: alt], nothing is ever
// fetched. Runs in one pass over an explicit stack of bounded depth, so no nesting overflows and no
// input takes more than linear time.
HtmlMarkdown html_to_markdown(std::string_view html);

}  // namespace gatehouse::workspace::gmail
