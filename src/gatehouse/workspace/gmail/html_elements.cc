// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/html_elements.h"

#include <algorithm>
#include <array>

namespace gatehouse::workspace::gmail {

namespace {

struct Element {
  std::string_view name;
  HtmlKind kind;
};

constexpr std::array<Element, 76> kElements{{
    {"a", HtmlKind::link},
    {"address", HtmlKind::block},
    {"area", HtmlKind::empty},
    {"article", HtmlKind::block},
    {"aside", HtmlKind::block},
    {"b", HtmlKind::strong},
    {"base", HtmlKind::empty},
    {"blockquote", HtmlKind::quote},
    {"body", HtmlKind::block},
    {"br", HtmlKind::empty},
    {"caption", HtmlKind::paragraph},
    {"center", HtmlKind::block},
    {"col", HtmlKind::empty},
    {"dd", HtmlKind::block},
    {"details", HtmlKind::block},
    {"dialog", HtmlKind::skipped},
    {"div", HtmlKind::block},
    {"dl", HtmlKind::paragraph},
    {"dt", HtmlKind::block},
    {"em", HtmlKind::emphasis},
    {"embed", HtmlKind::empty},
    {"fieldset", HtmlKind::block},
    {"figcaption", HtmlKind::block},
    {"figure", HtmlKind::paragraph},
    {"footer", HtmlKind::block},
    {"form", HtmlKind::block},
    {"h1", HtmlKind::heading},
    {"h2", HtmlKind::heading},
    {"h3", HtmlKind::heading},
    {"h4", HtmlKind::heading},
    {"h5", HtmlKind::heading},
    {"h6", HtmlKind::heading},
    {"header", HtmlKind::block},
    {"hr", HtmlKind::empty},
    {"i", HtmlKind::emphasis},
    {"iframe", HtmlKind::skipped},
    {"img", HtmlKind::empty},
    {"input", HtmlKind::empty},
    {"legend", HtmlKind::block},
    {"li", HtmlKind::item},
    {"link", HtmlKind::empty},
    {"main", HtmlKind::block},
    {"map", HtmlKind::inline_text},
    {"math", HtmlKind::skipped},
    {"menu", HtmlKind::list},
    {"meta", HtmlKind::empty},
    {"nav", HtmlKind::block},
    {"noembed", HtmlKind::skipped},
    {"noframes", HtmlKind::skipped},
    {"ol", HtmlKind::list},
    {"option", HtmlKind::block},
    {"p", HtmlKind::paragraph},
    {"param", HtmlKind::empty},
    {"pre", HtmlKind::preformatted},
    {"script", HtmlKind::skipped},
    {"section", HtmlKind::block},
    {"select", HtmlKind::skipped},
    {"source", HtmlKind::empty},
    {"strong", HtmlKind::strong},
    {"style", HtmlKind::skipped},
    {"summary", HtmlKind::block},
    {"svg", HtmlKind::skipped},
    {"table", HtmlKind::table},
    {"tbody", HtmlKind::inline_text},
    {"td", HtmlKind::cell},
    {"template", HtmlKind::skipped},
    {"textarea", HtmlKind::block},
    {"tfoot", HtmlKind::inline_text},
    {"th", HtmlKind::cell},
    {"thead", HtmlKind::inline_text},
    {"title", HtmlKind::skipped},
    {"tr", HtmlKind::row},
    {"track", HtmlKind::empty},
    {"ul", HtmlKind::list},
    {"video", HtmlKind::skipped},
    {"wbr", HtmlKind::empty},
}};

}  // namespace

HtmlKind html_kind_of(std::string_view name) {
  const auto found =
      std::lower_bound(kElements.begin(), kElements.end(), name,
                       [](const Element& e, std::string_view n) { return e.name < n; });
  return found != kElements.end() && found->name == name ? found->kind : HtmlKind::inline_text;
}

}  // namespace gatehouse::workspace::gmail
