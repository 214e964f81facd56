// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::workspace::gmail {

struct HtmlAttribute {
  std::string name;   // lower case
  std::string value;  // entities decoded
};

struct HtmlToken {
  enum class Kind { text, start, end };
  Kind kind = Kind::text;
  std::string name;                       // lower case, of tags
  std::vector<HtmlAttribute> attributes;  // the first 60, values cut at 8 KB
  std::string_view text;                  // raw, entities not decoded

  // Empty when absent.
  std::string_view attribute(std::string_view wanted) const;
  bool has_attribute(std::string_view wanted) const;
};

// Cuts HTML into tags and text in one pass and constant memory, forgiving as browsers are.
// Comments, declarations and conditional sections are skipped. The content of script, style and
// other raw text elements is one text token.
class HtmlTokenizer {
 public:
  // `html` must outlive the tokens.
  explicit HtmlTokenizer(std::string_view html) : rest_(html) {}

  // False at the end.
  bool next(HtmlToken& token);

 private:
  bool take_markup(HtmlToken& token);
  bool take_tag(HtmlToken& token, HtmlToken::Kind kind);
  void take_attributes(HtmlToken& token);
  void skip_comment();
  bool take_raw_text(HtmlToken& token);

  std::string_view rest_;
  std::string raw_text_of_;  // name of the raw text element whose content comes next
};

}  // namespace gatehouse::workspace::gmail
