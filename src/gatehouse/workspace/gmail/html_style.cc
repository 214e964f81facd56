// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/html_style.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "gatehouse/base/encoding.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kSheetBytesMax = 256 * 1024;
constexpr std::size_t kRulesMax = 4'000;
constexpr std::size_t kDeclarationsMax = 200;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

struct NamedColor {
  std::string_view name;
  std::uint32_t rgb;
};

constexpr std::array<NamedColor, 22> kNamedColors{{
    {"white", 0xFFFFFF},      {"black", 0x000000},      {"red", 0xFF0000},
    {"green", 0x008000},      {"blue", 0x0000FF},       {"yellow", 0xFFFF00},
    {"gray", 0x808080},       {"grey", 0x808080},       {"silver", 0xC0C0C0},
    {"navy", 0x000080},       {"orange", 0xFFA500},     {"purple", 0x800080},
    {"maroon", 0x800000},     {"teal", 0x008080},       {"lime", 0x00FF00},
    {"aqua", 0x00FFFF},       {"snow", 0xFFFAFA},       {"ivory", 0xFFFFF0},
    {"ghostwhite", 0xF8F8FF}, {"whitesmoke", 0xF5F5F5}, {"lightgray", 0xD3D3D3},
    {"lightgrey", 0xD3D3D3},
}};

std::optional<std::uint32_t> parse_hex(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

// The number a value begins with; nullopt when it begins with none.
std::optional<double> leading_number(std::string_view text, std::string_view* unit = nullptr) {
  std::size_t size = 0;
  while (size < text.size() &&
         (std::string_view("+-.0123456789").find(text[size]) != std::string_view::npos))
    ++size;
  if (size == 0 || size > 20) return std::nullopt;
  const std::string digits(text.substr(0, size));
  char* end = nullptr;
  const double number = std::strtod(digits.c_str(), &end);
  if (end == digits.c_str()) return std::nullopt;
  if (unit != nullptr) *unit = trimmed(text.substr(size));
  return number;
}

Color parse_rgb_function(std::string_view text) {
  const std::size_t open = text.find('(');
  std::array<double, 4> parts{0, 0, 0, 1};
  std::size_t count = 0;
  std::string_view rest = text.substr(open + 1);
  while (count < parts.size()) {
    while (!rest.empty() && (is_space(rest.front()) || rest.front() == ',' || rest.front() == '/'))
      rest.remove_prefix(1);
    const auto number = leading_number(rest);
    if (!number) break;
    parts[count++] = *number;
    rest.remove_prefix(std::min(rest.find_first_of(", /)"), rest.size()));
  }
  if (count < 3) return {};
  if (parts[3] < 0.05) return {Color::Kind::transparent, 0};
  std::uint32_t rgb = 0;
  for (std::size_t i = 0; i < 3; ++i)
    rgb = rgb * 256 + static_cast<std::uint32_t>(std::clamp(parts[i], 0.0, 255.0));
  return {Color::Kind::rgb, rgb};
}

Color parse_color(std::string_view value) {
  if (value == "transparent") return {Color::Kind::transparent, 0};
  if (value.starts_with("rgb")) return parse_rgb_function(value);
  for (const NamedColor& named : kNamedColors) {
    if (value == named.name) return {Color::Kind::rgb, named.rgb};
  }
  if (value.starts_with('#')) value.remove_prefix(1);
  const auto number = parse_hex(value);
  if (number && value.size() == 6) return {Color::Kind::rgb, *number};
  if (number && value.size() == 3) {
    const std::uint32_t r = *number >> 8, g = (*number >> 4) & 15, b = *number & 15;
    return {Color::Kind::rgb, (r * 17 << 16) | (g * 17 << 8) | (b * 17)};
  }
  return {};
}

// `background` may hold a colour, an image or both in any order.
std::optional<Color> parse_background(std::string_view value) {
  if (value.find("url(") != std::string_view::npos ||
      value.find("gradient") != std::string_view::npos)
    return Color{};
  if (value == "none" || value == "inherit" || value == "initial") return std::nullopt;
  if (value.starts_with("rgb")) return parse_color(value);
  return parse_color(value.substr(0, value.find(' ')));
}

bool is_next_to_nothing(std::string_view size) {
  std::string_view unit;
  const auto number = leading_number(size, &unit);
  if (!number) return false;
  if (unit.starts_with("em") || unit.starts_with("rem")) return *number < 0.15;
  if (unit.starts_with('%')) return *number < 15;
  return *number <= 2;
}

bool is_zero(std::string_view value) {
  const auto number = leading_number(value);
  return number && *number < 1 && *number >= 0;
}

bool is_far_away(std::string_view value) {
  const auto number = leading_number(value);
  return number && *number <= -500;
}

// The size in a `font` shorthand is its first word that begins with a digit.
std::string_view size_in_font(std::string_view value) {
  while (!value.empty()) {
    const std::string_view word = value.substr(0, value.find(' '));
    if ((word.front() >= '0' && word.front() <= '9') || word.front() == '.')
      return word.substr(0, word.find('/'));
    value.remove_prefix(std::min(value.size(), word.size() + 1));
  }
  return "";
}

// Boxes without room hide only together with overflow:hidden.
struct Box {
  bool no_room = false;
  bool clips = false;
};

void read_declaration(std::string_view name, std::string_view value, Style& style, Box& box) {
  if (name == "display" && value == "none") style.gone = true;
  if (name == "visibility") style.invisible = value == "hidden" || value == "collapse";
  if (name == "opacity") {
    const auto opacity = leading_number(value);
    if (opacity && *opacity < 0.05) style.gone = true;
  }
  if (name == "font-size") style.tiny = is_next_to_nothing(value);
  if (name == "font") {
    const std::string_view size = size_in_font(value);
    if (!size.empty()) style.tiny = is_next_to_nothing(size);
  }
  if (name == "color") style.color = parse_color(value);
  if (name == "background" || name == "background-color") {
    if (const auto color = parse_background(value)) style.background = color;
  }
  if (name == "background-image" && value != "none") style.background = Color{};
  if (name == "max-height" || name == "height" || name == "max-width" || name == "width")
    box.no_room |= is_zero(value);
  if (name == "overflow" && value == "hidden") box.clips = true;
  if (name == "text-indent" || name == "left" || name == "top" || name == "margin-left")
    style.gone |= is_far_away(value);
  if (name == "clip" && value.starts_with("rect(0")) style.gone = true;
  if (name == "clip-path" && value.starts_with("inset(100%")) style.gone = true;
  if (name == "transform" && value.starts_with("scale(0)")) style.gone = true;
}

bool look_alike(const Color& a, const Color& b) {
  if (a.kind != Color::Kind::rgb || b.kind != Color::Kind::rgb) return false;
  for (int shift = 0; shift < 24; shift += 8) {
    const int difference =
        static_cast<int>((a.rgb >> shift) & 255) - static_cast<int>((b.rgb >> shift) & 255);
    if (std::abs(difference) > 12) return false;
  }
  return true;
}

bool is_plain_selector(std::string_view selector) {
  return !selector.empty() && selector.size() <= 100 &&
         selector.find_first_of(" >+~[:*,") == std::string_view::npos;
}

// The last compound of a selector, without pseudo classes: what the rule is about, if its context
// matches.
std::string_view subject_of(std::string_view selector) {
  const std::size_t separator = selector.find_last_of(" >+~");
  if (separator != std::string_view::npos) selector.remove_prefix(separator + 1);
  return selector.substr(0, selector.find_first_of(":["));
}

void skip_css_comments(std::string_view& css) {
  while (css.starts_with("/*")) {
    const std::size_t end = css.find("*/", 2);
    css.remove_prefix(end == std::string_view::npos ? css.size() : end + 2);
    css = trimmed(css);
  }
}

// Past the block that begins at `css`, which may hold blocks itself.
void skip_block(std::string_view& css) {
  std::size_t depth = 0;
  std::size_t i = 0;
  for (; i < css.size(); ++i) {
    if (css[i] == '{') ++depth;
    if (css[i] == '}' && (depth == 0 || --depth == 0)) break;
    if (css[i] == ';' && depth == 0) break;
  }
  css.remove_prefix(std::min(css.size(), i + 1));
}

}  // namespace

void Style::apply(const Style& later) {
  gone |= later.gone;
  if (later.invisible) invisible = later.invisible;
  if (later.tiny) tiny = later.tiny;
  if (later.color) color = later.color;
  if (later.background) background = later.background;
}

Style parse_declarations(std::string_view css) {
  const std::string lower = base::to_lower_ascii(css);
  std::string_view rest = lower;
  Style style;
  Box box;
  for (std::size_t i = 0; i < kDeclarationsMax && !rest.empty(); ++i) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view declaration = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    const std::size_t colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = trimmed(declaration.substr(colon + 1));
    value = trimmed(value.substr(0, value.find('!')));
    read_declaration(trimmed(declaration.substr(0, colon)), value, style, box);
  }
  style.gone |= box.no_room && box.clips;
  return style;
}

void StyleSheet::add(std::string_view css) {
  css = css.substr(0, kSheetBytesMax - std::min(kSheetBytesMax, bytes_));
  bytes_ += css.size();
  while (!(css = trimmed(css)).empty() && rules_.size() < kRulesMax) {
    skip_css_comments(css);
    if (css.starts_with("<!--")) css.remove_prefix(4);
    if (css.starts_with("-->")) css.remove_prefix(3);
    if (css.starts_with('@')) {
      skip_block(css);
      continue;
    }
    const std::size_t open = css.find('{');
    if (open == std::string_view::npos) return;
    const std::size_t close = std::min(css.find('}', open), css.size());
    add_rule(css.substr(0, open), css.substr(open + 1, close - open - 1));
    css.remove_prefix(std::min(css.size(), close + 1));
  }
}

void StyleSheet::add_rule(std::string_view selectors, std::string_view declarations) {
  const Style style = parse_declarations(declarations);
  Style blurred;  // of a rule whose context we cannot check: it may have painted something
  if (style.background) blurred.background = Color{};
  if (style.color) blurred.color = Color{};
  while (!selectors.empty() && rules_.size() < kRulesMax) {
    const std::size_t end = std::min(selectors.find(','), selectors.size());
    const std::string selector = base::to_lower_ascii(trimmed(selectors.substr(0, end)));
    selectors.remove_prefix(std::min(selectors.size(), end + 1));
    if (is_plain_selector(selector)) {
      rules_[selector].apply(style);
    } else {
      rules_[std::string(subject_of(selector))].apply(blurred);
    }
  }
}

Style StyleSheet::style_of(const HtmlToken& start_tag) const {
  Style style;
  const auto apply_rule = [&](const std::string& selector) {
    const auto rule = rules_.find(selector);
    if (rule != rules_.end()) style.apply(rule->second);
  };
  if (!rules_.empty()) {
    apply_rule("*");
    apply_rule(start_tag.name);
    const std::string classes = base::to_lower_ascii(start_tag.attribute("class"));
    std::string_view rest = classes;
    for (std::size_t i = 0; i < 30 && !(rest = trimmed(rest)).empty(); ++i) {
      const std::string name(rest.substr(0, rest.find_first_of(" \t\r\n")));
      rest.remove_prefix(name.size());
      apply_rule("." + name);
      apply_rule(start_tag.name + "." + name);
    }
    if (start_tag.has_attribute("id"))
      apply_rule("#" + base::to_lower_ascii(start_tag.attribute("id")));
  }
  Style own;
  if (start_tag.has_attribute("bgcolor")) {
    own.background = parse_color(base::to_lower_ascii(trimmed(start_tag.attribute("bgcolor"))));
  }
  if (start_tag.has_attribute("background")) own.background = Color{};
  if (start_tag.name == "font" && start_tag.has_attribute("color")) {
    own.color = parse_color(base::to_lower_ascii(trimmed(start_tag.attribute("color"))));
  }
  own.gone = start_tag.has_attribute("hidden");
  style.apply(own);
  if (start_tag.has_attribute("style"))
    style.apply(parse_declarations(start_tag.attribute("style")));
  return style;
}

Style inherited(const Style& parent, const Style& own) {
  Style style = parent;
  Style mine = own;
  // A see-through background shows the parent's.
  if (mine.background && mine.background->kind == Color::Kind::transparent) mine.background.reset();
  style.apply(mine);
  return style;
}

bool is_hidden(const Style& style) {
  if (style.gone || style.invisible.value_or(false) || style.tiny.value_or(false)) return true;
  if (!style.color || !style.background) return false;
  return style.color->kind == Color::Kind::transparent ||
         look_alike(*style.color, *style.background);
}

Style page_style() {
  Style style;
  style.color = Color{Color::Kind::rgb, 0x000000};
  style.background = Color{Color::Kind::rgb, 0xFFFFFF};
  return style;
}

}  // namespace gatehouse::workspace::gmail
