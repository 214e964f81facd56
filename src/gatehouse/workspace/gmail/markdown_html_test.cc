// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/markdown_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What stands between <body> and </body>, without styles.
std::string body_of(std::string_view markdown) {
  std::string html = markdown_to_html(markdown);
  const std::size_t start = html.find('\n', html.find("<body")) + 1;
  std::string body = html.substr(start, html.find("</body>") - start);
  for (std::size_t at; (at = body.find(" style=\"")) != std::string::npos;)
    body.erase(at, body.find('"', at + 8) - at + 1);
  while (body.ends_with('\n')) body.pop_back();
  return body;
}

struct Case {
  const char* what;
  std::string markdown;
  std::string html;
};

TEST(MarkdownHtml, RendersWhatPeopleWrite) {
  const Case cases[] = {
      {"nothing", "", ""},
      {"lines", "One\ntwo\n\nthree", "<p>One<br>\ntwo</p>\n<p>three</p>"},
      {"emphasis", "*a* **b** _c_ __d__ ~~e~~",
       "<p><em>a</em> <strong>b</strong> <em>c</em> <strong>d</strong> <s>e</s></p>"},
      {"nested", "**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"},
      {"no emphasis", "2 * 3 * 4, snake_case_name, a*", "<p>2 * 3 * 4, snake_case_name, a*</p>"},
      {"unclosed", "**a and `b", "<p>**a and `b</p>"},
      {"escaped", "\\*a\\* \\<", "<p>*a* &lt;</p>"},
      {"code", "`a *b* <c>`", "<p><code>a *b* &lt;c&gt;</code></p>"},
      {"headings", "# One\n### Three\n#none", "<h1>One</h1>\n<h3>Three</h3>\n<p>#none</p>"},
      {"fence", "```cpp\nint <a>;\n\n**b**\n```\nend",
       "<pre><code>int &lt;a&gt;;\n\n**b**\n</code></pre>\n<p>end</p>"},
      {"unclosed fence", "```\nx", "<pre><code>x\n</code></pre>"},
      {"list", "- a\n- b\n\nend", "<ul>\n<li>a\n</li>\n<li>b\n</li>\n</ul>\n<p>end</p>"},
      {"numbers", "3. a\n4. b", "<ol start=\"3\">\n<li>a\n</li>\n<li>b\n</li>\n</ol>"},
      {"inner list", "- a\n  - b\n- c",
       "<ul>\n<li>a\n<ul>\n<li>b\n</li>\n</ul>\n</li>\n<li>c\n</li>\n</ul>"},
      {"number within text", "It was in\n2026. Then\nit ended.",
       "<p>It was in<br>\n2026. Then<br>\nit ended.</p>"},
      {"quote", "> a\n> b\n\nc", "<blockquote>\n<p>a<br>\nb</p>\n</blockquote>\n<p>c</p>"},
      {"rule", "a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>"},
      {"table", "| a | b |\n|---|---|\n| 1 | *2* |",
       "<table>\n<tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td><em>2</em></td></tr>\n</table>"},
      {"link", "[the *plan*](https://x.example/?a=1&b=\"2\")",
       "<p><a href=\"https://x.example/?a=1&amp;b=&quot;2&quot;\">the *plan*</a></p>"},
      {"bare link", "See https://x.example/a_b(c). And http://y.example, too",
       "<p>See <a href=\"https://x.example/a_b(c)\">https://x.example/a_b(c)</a>. And <a "
       "href=\"http://y.example\">http://y.example</a>, too</p>"},
      {"mail link", "[write](mailto:a@x.example)",
       "<p><a href=\"mailto:a@x.example\">write</a></p>"},
  };
  for (const Case& c : cases) EXPECT_EQ(body_of(c.markdown), c.html) << c.what;
}

TEST(MarkdownHtml, FetchesAndRunsNothing) {
  EXPECT_EQ(body_of("![logo](https://evil.example/p.png?id=1)"),
            "<p><a href=\"https://evil.example/p.png?id=1\">logo</a></p>");
  const std::string cases[] = {"<img src=\"https://evil.example/p.png\">",
                               "<script>alert(1)</script>",
                               "[x](javascript:alert(1))",
                               "[x](data:text/html,<b>)",
                               "![x](cid:1)",
                               "[x](https://x.example/\"onclick=\"y)",
                               "<style>@import url(https://evil.example)</style>",
                               "```\n</code></pre><img src=x>\n```",
                               "| <img> |\n|---|\n| <b> |"};
  for (const std::string& markdown : cases) {
    const std::string body = body_of(markdown);
    EXPECT_THAT(body, Not(HasSubstr("<img"))) << markdown;
    EXPECT_THAT(body, Not(HasSubstr("<script"))) << markdown;
    EXPECT_THAT(body, Not(HasSubstr("<style"))) << markdown;
    EXPECT_THAT(body, Not(HasSubstr("href=\"javascript"))) << markdown;
    EXPECT_THAT(body, Not(HasSubstr("href=\"data"))) << markdown;
    EXPECT_THAT(body, Not(HasSubstr("\"onclick"))) << markdown;
  }
}

// Neither depth nor size of the output runs away.
TEST(MarkdownHtml, StaysBounded) {
  const auto repeat = [](std::string_view piece, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += piece;
    return out;
  };
  for (const std::string& markdown :
       {repeat(">", 100'000), repeat("- ", 50'000), repeat("*a ", 50'000), repeat("**", 50'000),
        repeat("[", 100'000), repeat("[a](", 25'000), repeat("`", 100'001), repeat("_a*b", 25'000),
        repeat("http://)", 12'000), repeat("h.", 50'000), repeat("> - ", 25'000),
        repeat("|", 50'000) + "\n|-|\n" + repeat("|\n", 20'000), repeat("```\n", 25'000),
        repeat("1. a\n  ", 20'000)}) {
    const std::string html = markdown_to_html(markdown);
    EXPECT_LT(html.size(), 10 * markdown.size() + 21'000) << markdown.substr(0, 20);
    EXPECT_THAT(html, HasSubstr("</body></html>"));
  }
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
