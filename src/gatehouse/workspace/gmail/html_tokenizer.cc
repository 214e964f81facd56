// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/html_tokenizer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/gmail/html_entities.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kAttributesMax = 60;
constexpr std::size_t kAttributeValueMax = 8 * 1024;
constexpr std::size_t kTagNameMax = 40;

constexpr std::array<std::string_view, 9> kRawTextElements{
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

std::string_view take_while(std::string_view& text, bool (*belongs)(char)) {
  std::size_t size = 0;
  while (size < text.size() && belongs(text[size])) ++size;
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

std::string_view take_value(std::string_view& text) {
  const char quote = text.empty() ? '\0' : text.front();
  if (quote != '"' && quote != '\'') {
    return take_while(text, [](char c) { return !is_space(c) && c != '>'; });
  }
  text.remove_prefix(1);
  const std::size_t end = std::min(text.find(quote), text.size());
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  return value;
}

}  // namespace

std::string_view HtmlToken::attribute(std::string_view wanted) const {
  for (const HtmlAttribute& a : attributes) {
    if (a.name == wanted) return a.value;
  }
  return {};
}

bool HtmlToken::has_attribute(std::string_view wanted) const {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const HtmlAttribute& a) { return a.name == wanted; });
}

bool HtmlTokenizer::next(HtmlToken& token) {
  token.attributes.clear();
  token.name.clear();
  if (!raw_text_of_.empty() && take_raw_text(token)) return true;
  while (!rest_.empty()) {
    if (rest_.front() == '<') {
      if (take_markup(token)) return true;
      continue;
    }
    const std::size_t size = std::min(rest_.find('<'), rest_.size());
    token.kind = HtmlToken::Kind::text;
    token.text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  return false;
}

// False when what stood there is no token; then something was skipped.
bool HtmlTokenizer::take_markup(HtmlToken& token) {
  const char after = rest_.size() > 1 ? rest_[1] : '\0';
  if (is_letter(after)) return take_tag(token, HtmlToken::Kind::start);
  if (after == '/' && rest_.size() > 2 && is_letter(rest_[2]))
    return take_tag(token, HtmlToken::Kind::end);
  if (after == '!' || after == '?' || after == '/') {
    skip_comment();
    return false;
  }
  token.kind = HtmlToken::Kind::text;
  token.text = rest_.substr(0, 1);
  rest_.remove_prefix(1);
  return true;
}

bool HtmlTokenizer::take_tag(HtmlToken& token, HtmlToken::Kind kind) {
  rest_.remove_prefix(kind == HtmlToken::Kind::start ? 1 : 2);
  token.kind = kind;
  const std::string_view name =
      take_while(rest_, [](char c) { return !is_space(c) && c != '>' && c != '/'; });
  token.name = base::to_lower_ascii(name.substr(0, kTagNameMax));
  take_attributes(token);
  const bool is_raw = kind == HtmlToken::Kind::start &&
                      std::find(kRawTextElements.begin(), kRawTextElements.end(), token.name) !=
                          kRawTextElements.end();
  if (is_raw) raw_text_of_ = token.name;
  return true;
}

void HtmlTokenizer::take_attributes(HtmlToken& token) {
  while (!rest_.empty() && rest_.front() != '>') {
    if (is_space(rest_.front()) || rest_.front() == '/' || rest_.front() == '=') {
      rest_.remove_prefix(1);
      continue;
    }
    const std::string_view name =
        take_while(rest_, [](char c) { return !is_space(c) && c != '>' && c != '/' && c != '='; });
    take_while(rest_, is_space);
    std::string_view value;
    if (rest_.starts_with('=')) {
      rest_.remove_prefix(1);
      take_while(rest_, is_space);
      value = take_value(rest_);
    }
    if (token.kind == HtmlToken::Kind::end || token.attributes.size() >= kAttributesMax) continue;
    token.attributes.push_back(
        {base::to_lower_ascii(name.substr(0, kTagNameMax)),
         decode_entities(value.substr(0, kAttributeValueMax), EntityPlace::attribute)});
  }
  if (!rest_.empty()) rest_.remove_prefix(1);
}

void HtmlTokenizer::skip_comment() {
  std::size_t end = std::string_view::npos;
  if (rest_.starts_with("<!--")) {
    // "<!-->" and "<!--->" are whole comments, so the search begins within the opening.
    end = rest_.find("-->", 2);
    if (end != std::string_view::npos) end += 3;
  } else {
    end = rest_.find('>');
    if (end != std::string_view::npos) end += 1;
  }
  rest_.remove_prefix(std::min(end, rest_.size()));
}

bool HtmlTokenizer::take_raw_text(HtmlToken& token) {
  const std::string name = std::exchange(raw_text_of_, std::string());
  std::size_t end = 0;
  while (true) {
    end = rest_.find("</", end);
    if (end == std::string_view::npos) break;
    if (base::equal_ignoring_case(rest_.substr(end + 2, name.size()), name)) break;
    end += 2;
  }
  end = std::min(end, rest_.size());
  if (end == 0) return false;
  token.kind = HtmlToken::Kind::text;
  token.text = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return true;
}

}  // namespace gatehouse::workspace::gmail
