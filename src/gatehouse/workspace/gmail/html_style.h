// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/workspace/gmail/html_tokenizer.h"

namespace gatehouse::workspace::gmail {

// As much of CSS as decides whether a person sees a text.

struct Color {
  // Unknown: an image, a gradient or a notation we do not read. Nothing is judged by it.
  enum class Kind { rgb, transparent, unknown };
  Kind kind = Kind::unknown;
  std::uint32_t rgb = 0;
};

struct Style {
  bool gone = false;                // display:none and its equals; children cannot undo it
  std::optional<bool> invisible;    // visibility; inherited
  std::optional<bool> tiny;         // font size next to nothing; inherited
  std::optional<Color> color;       // inherited
  std::optional<Color> background;  // seen through by children that set none

  // Takes over what `later` sets.
  void apply(const Style& later);
};

Style parse_declarations(std::string_view css);

// Rules with plain selectors (tag, .class, #id, tag.class) outside of @media. Others only make
// backgrounds unknown.
class StyleSheet {
 public:
  // Reads at most 256 KB and 4,000 rules in all.
  void add(std::string_view css);

  // What sheet, presentational attributes and style attribute say about an element.
  Style style_of(const HtmlToken& start_tag) const;

 private:
  void add_rule(std::string_view selectors, std::string_view declarations);

  std::unordered_map<std::string, Style> rules_;  // by "tag", ".class", "#id", "tag.class"
  std::size_t bytes_ = 0;
};

// The style a child ends up with.
Style inherited(const Style& parent, const Style& own);

// Whether text in this inherited style can be seen.
bool is_hidden(const Style& style);

// The root: black on white.
Style page_style();

}  // namespace gatehouse::workspace::gmail
