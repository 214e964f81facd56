// SPDX-License-Identifier: Apache-2.0
//
// HTML mail as markdown: whatever the tags do, the text is clean, bounded, and nothing is shown
// that the sender hid.
#include "fuzzing.h"
#include "gatehouse/workspace/gmail/html_entities.h"
#include "gatehouse/workspace/gmail/html_markdown.h"
#include "gatehouse/workspace/gmail/html_style.h"
#include "gatehouse/workspace/gmail/html_tokenizer.h"
#include "gatehouse/workspace/gmail/quoted_history.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::fuzzing {
namespace {

namespace gmail = workspace::gmail;

void check_tokens(std::string_view html) {
  gmail::HtmlTokenizer tokenizer(html);
  gmail::HtmlToken token;
  gmail::StyleSheet sheet;
  std::size_t tokens = 0;
  while (tokenizer.next(token)) {
    assert(++tokens <= html.size() + 1);  // each takes something away
    assert(token.name == base::to_lower_ascii(token.name) && token.name.size() <= 40);
    assert(token.attributes.size() <= 60);
    if (token.kind == gmail::HtmlToken::Kind::text) {
      assert(!token.text.empty());
      sheet.add(token.text);
    } else {
      (void)gmail::is_hidden(gmail::inherited(gmail::page_style(), sheet.style_of(token)));
    }
  }
}

void check_markdown(std::string_view html) {
  const gmail::HtmlMarkdown markdown = gmail::html_to_markdown(html);
  assert(base::is_valid_utf8(markdown.text));
  assert(workspace::clean_text(markdown.text).invisible_characters == 0);
  // Every line may begin with twelve marks of quotes and lists, nothing else grows.
  assert(markdown.text.size() <= 64 * html.size() + 64);
  assert(markdown.history_at == std::string::npos || markdown.history_at <= markdown.text.size());
  const auto without = gmail::without_history(markdown.text, markdown.history_at);
  assert(base::is_valid_utf8(without.text));
}

void check_hidden(std::string_view html) {
  const std::string wrapped =
      "<div style=\"display:none\">" + base::percent_encode(html) + "</div>";
  assert(gmail::html_to_markdown(wrapped).text.empty());
}

}  // namespace

void run(std::string_view input) {
  check_tokens(input);
  check_markdown(input);
  check_hidden(input);
  (void)gmail::parse_declarations(input);
  const std::string decoded = gmail::decode_entities(input);
  assert(!base::is_valid_utf8(input) || base::is_valid_utf8(decoded));
}

}  // namespace gatehouse::fuzzing
