// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/html.h"

#include <gtest/gtest.h>

#include <map>

#include "gatehouse/web/display_text.h"
#include "gatehouse/web/page.h"

namespace gatehouse::web {
namespace {

TEST(Html, EscapesTextAndKeepsMarkup) {
  const Html inner = html("<b>{}</b>", "<script>");
  const Html outer = html("<p title=\"{}\">{}</p>", "\"'&>", inner);
  EXPECT_EQ(outer.str(), "<p title=\"&quot;&#39;&amp;&gt;\"><b>&lt;script&gt;</b></p>");
}

TEST(Html, DropsControlCharacters) {
  EXPECT_EQ(Html::text(std::string_view("a\0b\x1b[0m\r\nc\x7f", 11)).str(), "ab[0mc");
}

TEST(Html, FillsValuesThatHoldBraces) {
  EXPECT_EQ(html("<i>{}</i><i>{}</i>", "{}", "x").str(), "<i>{}</i><i>x</i>");
}

struct Case {
  std::string name;
  std::string outside;
  std::string shown;
};

TEST(DisplayText, LeavesNothingThatHidesOrTurnsText) {  // T4
  const Case cases[] = {
      {"plain", "Claude Code (x)", "Claude Code (x)"},
      {"other scripts", "Zoë \xe6\x9d\xb1\xe4\xba\xac", "Zoë \xe6\x9d\xb1\xe4\xba\xac"},
      {"white space", "  a \t\r\n b\xc2\xa0\xe2\x80\xa8 c  ", "a b c"},
      {"right to left override",
       "a\xe2\x80\xae"
       "b",
       "ab"},
      {"isolates",
       "\xe2\x81\xa6"
       "a\xe2\x81\xa9",
       "a"},
      {"zero width", "G\xe2\x80\x8boogle\xef\xbb\xbf", "Google"},
      {"soft hyphen", "Goo\xc2\xadgle", "Google"},
      {"tag characters",
       "a\xf3\xa0\x81\xa1"
       "b",
       "ab"},
      {"variation selector", "a\xef\xb8\x8f", "a"},
      {"hangul filler", "\xe3\x85\xa4", ""},
      {"escape sequence", "\x1b[31mred", "[31mred"},
      {"broken UTF-8",
       "a\xff"
       "b",
       "a\xef\xbf\xbd"
       "b"},
      {"too long", std::string(30, 'x'), std::string(20, 'x') + "\xe2\x80\xa6"},
      {"exactly long enough", std::string(20, 'x'), std::string(20, 'x')},
      {"empty", "", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(display_text(c.outside, 20), c.shown);
  }
}

TEST(Page, MayLoadOurStylesheetAndNothingElse) {  // CO-04
  Page page;
  page.title = "A <title>";
  const http::Response response = page_response(page);
  std::map<std::string, std::string> headers;
  for (const http::ResponseField& header : response.headers)
    headers[header.name.str()] = header.value.str();
  EXPECT_EQ(headers["Content-Security-Policy"],
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            "form-action 'none'");
  EXPECT_EQ(headers["X-Frame-Options"], "DENY");
  EXPECT_EQ(headers["X-Content-Type-Options"], "nosniff");
  EXPECT_EQ(headers["Referrer-Policy"], "same-origin");
  EXPECT_EQ(headers["Cache-Control"], "no-store");
  EXPECT_NE(response.body.find("<title>A &lt;title&gt;"), std::string::npos);
  EXPECT_EQ(response.body.find("<script"), std::string::npos);
  EXPECT_EQ(response.body.find("style="), std::string::npos);
}

TEST(Page, NamesWhereAFormMayLead) {
  EXPECT_EQ(form_target_of("https://claude.ai/api/mcp/auth_callback"), "https://claude.ai");
  EXPECT_EQ(form_target_of("http://localhost:8787/callback"), "http://localhost:8787");
  EXPECT_EQ(form_target_of("cursor://anysphere.cursor-mcp/oauth/callback"), "cursor:");
  EXPECT_EQ(form_target_of("http://[::1]:9/cb"), "http:");
  EXPECT_EQ(form_target_of("nonsense"), "'none'");
}

}  // namespace
}  // namespace gatehouse::web
