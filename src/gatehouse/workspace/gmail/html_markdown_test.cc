// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/html_markdown.h"

#include <gtest/gtest.h>

#include <functional>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/gmail/html_entities.h"
#include "gatehouse/workspace/gmail/html_style.h"
#include "gatehouse/workspace/gmail/link_mark.h"

namespace gatehouse::workspace::gmail {
namespace {

struct Case {
  const char* name;
  std::string html;
  std::string text;
};

TEST(HtmlMarkdown, KeepsTheStructureReadersSee) {
  const Case cases[] = {
      {"nothing", "", ""},
      {"plain text", "just text", "just text"},
      {"white space collapses", " a \n\t b<span> c </span>d ", "a b c d"},
      {"paragraphs", "<p>a</p><p>b</p>", "a\n\nb"},
      {"divisions are lines", "<div>a</div><div>b</div>", "a\nb"},
      {"one break", "a<br>b", "a\nb"},
      {"two breaks", "a<br><br/>b", "a\n\nb"},
      {"heading", "<h2>Title</h2>text", "## Title\n\ntext"},
      {"emphasis without its spaces", "a<b> bold </b>c <i>it</i>", "a **bold** c *it*"},
      {"list", "<ul><li>a</li><li>b</li></ul>c", "- a\n- b\nc"},
      {"list without end tags", "<ol><li>a<li>b</ol>", "1. a\n2. b"},
      {"nested list", "<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"},
      {"quote", "<blockquote>a<br>b</blockquote>c", "> a\n> b\n\nc"},
      {"preformatted", "<pre>a  b\n  c</pre>", "a  b\n  c"},
      {"rule", "a<hr>b", "a\n\n---\n\nb"},
      {"data table", "<table><tr><th>a<th>b<tr><td>1<td>2|3</table>",
       "| a | b |\n|---|---|\n| 1 | 2\\|3 |"},
      {"layout table", "<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>",
       "a\n\nb\n\nc"},
      {"one row", "<table><tr><td>Total</td><td>5 EUR</td></tr></table>", "Total | 5 EUR"},
      {"nested tables", "<table><tr><td><table><tr><td>a</td></tr></table></td></tr></table>b",
       "a\nb"},
      {"entities", "&lt;b&gt; &amp;amp; &eacute;&#8364;&#x2713;&nosuch; &#0;",
       "<b> &amp; \xC3\xA9\xE2\x82\xAC\xE2\x9C\x93&nosuch; \xEF\xBF\xBD"},
      {"comments and conditions", "a<!-- x --><!--[if mso]>y<![endif]--><![if !mso]>b<![endif]>",
       "ab"},
      {"script and style", "<style>p{}</style>a<script>alert('<b>')</script>b", "ab"},
      {"title", "<head><title>t</title></head>a", "a"},
      {"stray ends", "a</p></div></b>b</table>c", "a\n\nbc"},
      {"unclosed tag", "a <b", "a"},
      {"less than", "1 < 2 and 3 <4", "1 < 2 and 3 <4"},
      {"upper case", "<P>A</P><BR><B>c</B>", "A\n\n**c**"},
      {"word processor paragraphs", "<p class=MsoNormal>a<o:p></o:p></p>", "a"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(html_to_markdown(c.html).text, c.text);
  }
}

// PI-04
TEST(HtmlMarkdown, KeepsLinksAndNamesImages) {
  const Case cases[] = {
      {"link", "<a href='https://a.example/x?b=1&amp;c=2'>go</a>",
       "[go](https://a.example/x?b=1&c=2)"},
      {"entity without its end", "<a href='https://a.example/?a=1&copy=2'>go</a>",
       "[go](https://a.example/?a=1&copy=2)"},
      {"link that shows itself", "<a href='https://a.example/x'>https://a.example/x</a>",
       "https://a.example/x"},
      {"mail address", "<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example"},
      {"brackets in the target", "<a href='https://a.example/(x) y'>go</a>",
       "[go](https://a.example/%28x%29%20y)"},
      {"script", "<a href='javascript:alert(1)'>go</a>", "go"},
      {"script with a tab inside", "<a href='java\tscript:alert(1)'>go</a>", "go"},
      {"data", "<a href='data:text/html,x'>go</a>", "go"},
      {"anchor", "<a name=x>here</a>", "here"},
      {"image link without words", "<a href='https://a.example/'><img src=x></a>",
       "<https://a.example/>"},
      {"image", "<img src='https://t.example/p.gif' alt='Our logo'>", "[image: Our logo]"},
      {"tracking pixel", "a<img src='https://t.example/p.gif' width=1 height=1>b", "ab"},
      {"a link within a link", "<a href='https://a.example/1'>a<a href='https://a.example/2'>b</a>",
       "[a](https://a.example/1)[b](https://a.example/2)"},
      {"a card as link", "<a href='https://a.example/'><div>a</div><div>b</div></a>",
       "a\nb\n<https://a.example/>"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const HtmlMarkdown found = html_to_markdown(c.html);
    EXPECT_EQ(found.text, c.text);
    EXPECT_EQ(found.misleading_links, 0u);
  }
}

// PI-04
TEST(HtmlMarkdown, MarksLinksThatShowAnotherHost) {
  const HtmlMarkdown found =
      html_to_markdown("<a href='https://evil.example/'>www.pay\xE2\x80\x8Bpal.com</a>");

  EXPECT_EQ(found.text,
            "[www.paypal.com](https://evil.example/) [shows www.paypal.com, opens evil.example]");
  EXPECT_EQ(found.misleading_links, 1u);
}

struct HiddenCase {
  const char* name;
  std::string html;
};

// PI-03
TEST(HtmlMarkdown, LeavesOutAndCountsWhatNobodySees) {
  const HiddenCase hidden[] = {
      {"display", "<div style='display:none'>SECRET</div>"},
      {"display, important", "<div style='DISPLAY : none !important'>SECRET</div>"},
      {"nested", "<div style='display:none'><p><b>SECRET</b></p></div>"},
      {"visibility", "<span style='visibility:hidden'>SECRET</span>"},
      {"opacity", "<span style='opacity:0'>SECRET</span>"},
      {"opacity, small", "<span style='opacity:.01'>SECRET</span>"},
      {"font size", "<span style='font-size:0px'>SECRET</span>"},
      {"font size of one pixel", "<span style='font-size: 1px'>SECRET</span>"},
      {"font shorthand", "<span style='font:0/0 a'>SECRET</span>"},
      {"white on white", "<span style='color:#fff'>SECRET</span>"},
      {"nearly white on white", "<font color='#fdfdfd'>SECRET</font>"},
      {"colour of the cell",
       "<table bgcolor='#123456'><tr><td><font color='#123456'>SECRET</font></table>"},
      {"rgb notation", "<p style='background:rgb(10, 20, 30);color:rgb(10,20,30)'>SECRET</p>"},
      {"transparent", "<span style='color:transparent'>SECRET</span>"},
      {"transparent by alpha", "<span style='color:rgba(0,0,0,0)'>SECRET</span>"},
      {"no height", "<div style='max-height:0;overflow:hidden'>SECRET</div>"},
      {"off the page", "<div style='position:absolute;left:-9999px'>SECRET</div>"},
      {"hidden attribute", "<div hidden>SECRET</div>"},
      {"class", "<style>.pre{display:none}</style><div class='a pre'>SECRET</div>"},
      {"sheet that comes later", "<div class='pre'>SECRET</div><style>.pre{display:none}</style>"},
      {"id", "<style>#x{font-size:0}</style><div id=x>SECRET</div>"},
      {"tag and class", "<style>span.x, b { color: white }</style><span class=x>SECRET</span>"},
  };
  for (const HiddenCase& c : hidden) {
    SCOPED_TRACE(c.name);
    const HtmlMarkdown found = html_to_markdown("seen " + c.html);
    EXPECT_EQ(found.text.find("SECRET"), std::string::npos);
    EXPECT_EQ(found.hidden_characters, 6u);
  }
}

TEST(HtmlMarkdown, ShowsWhatOnlyLooksHidden) {
  const HiddenCase visible[] = {
      {"child of a wrapper without font size",
       "<td style='font-size:0'><div style='font-size:13px'>SEEN</div></td>"},
      {"visible child",
       "<div style='visibility:hidden'><b style='visibility:visible'>SEEN</b></div>"},
      {"white on blue", "<table bgcolor=blue><tr><td><font color=white>SEEN</font></table>"},
      {"white on an image",
       "<div style='background:url(x.png)'><font color=white>SEEN</font></div>"},
      {"white on a class's colour",
       "<style>.h{background:#000}</style><div class=h><font color=white>SEEN</font></div>"},
      {"white on what a nested rule may paint",
       "<style>.a .h{background:#000}</style><div class=h><font color=white>SEEN</font></div>"},
      {"hidden on small screens only",
       "<style>@media (max-width:600px){.h{display:none}}</style><div class=h>SEEN</div>"},
      {"unclosed hidden paragraph", "<p style='display:none'>x<p>SEEN"},
      {"zero height without clipping", "<div style='height:0'>SEEN</div>"},
  };
  for (const HiddenCase& c : visible) {
    SCOPED_TRACE(c.name);
    EXPECT_NE(html_to_markdown(c.html).text.find("SEEN"), std::string::npos);
  }
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(HtmlMarkdown, SurvivesHostileHtml) {
  const HiddenCase hostile[] = {
      {"nesting 10,000 deep", repeated("<div>", 10'000) + "x" + repeated("</div>", 10'000)},
      {"tables 10,000 deep", repeated("<table><tr><td>", 10'000) + "x"},
      {"quotes 10,000 deep", repeated("<blockquote>x", 10'000)},
      {"unclosed emphasis", repeated("<b>x", 20'000)},
      {"unclosed links", repeated("<a href=https://a.example/>x", 10'000)},
      {"unclosed comment", "x<!--" + repeated("-- >", 10'000)},
      {"unclosed attribute", "x<a href='" + repeated("y", 100'000)},
      {"many attributes", "x<a " + repeated("b=c ", 50'000) + ">"},
      {"ends without beginnings", "x" + repeated("</td></table></b>", 20'000)},
      {"cells outside of tables", repeated("<td><tr>x", 10'000)},
      {"rows inside cells", "<table>" + repeated("<td>x<tr>", 10'000)},
      {"style without end", "x<style>" + repeated("a{", 50'000)},
      {"script at great depth", repeated("<p>x<span>", 1'000) + "<script>hidden()</script>"},
      {"open sections within others", repeated("<svg><math>", 5'000) + "x"},
  };
  for (const HiddenCase& c : hostile) {
    SCOPED_TRACE(c.name);
    const HtmlMarkdown found = html_to_markdown(c.html);
    EXPECT_LE(found.text.size(), 6u * 1024 * 1024);
    EXPECT_EQ(found.text.find("hidden()"), std::string::npos);
    EXPECT_TRUE(base::is_valid_utf8(found.text));
  }
}

TEST(HtmlMarkdown, CutsFiveMegabytesAndSaysSo) {
  const HtmlMarkdown found = html_to_markdown(repeated("<p>word</p>", 500'000));

  EXPECT_TRUE(found.cut);
  EXPECT_LE(found.text.size(), 4u * 1024 * 1024);
}

TEST(HtmlMarkdown, FindsWhereHistoryBegins) {
  const HiddenCase marked[] = {
      {"gmail", "new<div class='gmail_quote gmail_quote_container'>old</div>"},
      {"apple", "new<blockquote type=cite>old</blockquote>"},
      {"outlook", "new<div id=divRplyFwdMsg>old</div>"},
      {"thunderbird", "new<div class='moz-cite-prefix'>old</div>"},
  };
  for (const HiddenCase& c : marked) {
    SCOPED_TRACE(c.name);
    const HtmlMarkdown found = html_to_markdown(c.html);
    ASSERT_NE(found.history_at, std::string::npos);
    EXPECT_EQ(found.text.substr(0, found.history_at), "new");
  }
  EXPECT_EQ(html_to_markdown("<p>new</p>").history_at, std::string::npos);
}

TEST(LinkMark, ReadsTheHostAsBrowsersDo) {
  const std::pair<std::string, std::string> cases[] = {
      {"https://a.example/x", "a.example"},
      {"HTTPS://A.Example:8443?x", "a.example"},
      {"https://paypal.com@evil.example/", "evil.example"},
      {"https:\\\\evil.example\\paypal.com", "evil.example"},
      {"https:evil.example", "evil.example"},
      {"https://[::1]/", "[::1]"},
      {"mailto:a@b.example", ""},
      {"/relative", ""},
      {"", ""},
  };
  for (const auto& [url, host] : cases) EXPECT_EQ(link_host(url), host) << url;
}

TEST(LinkMark, KnowsWhatLooksLikeAHost) {
  const std::pair<std::string, std::string> cases[] = {
      {"paypal.com", "paypal.com"},
      {"Visit https://Acme.example/path now", "acme.example"},
      {"mail bob@acme.example.", "acme.example"},
      {"www.bank.zz", "www.bank.zz"},
      {"report.pdf", ""},
      {"node.js rocks", ""},
      {"Click here", ""},
      {"e.g. this", ""},
      {"", ""},
  };
  for (const auto& [text, host] : cases) EXPECT_EQ(shown_host(text), host) << text;
  // What is cut is cut between characters.
  std::string umlauts = "http://";
  for (int i = 0; i < 200; ++i) umlauts += "\xC3\xBC";
  EXPECT_EQ(shown_host(umlauts), umlauts.substr(7, 292));
}

TEST(LinkMark, ComparesSites) {
  EXPECT_TRUE(same_site("www.acme.com", "acme.com"));
  EXPECT_TRUE(same_site("acme.com", "mail.acme.com"));
  EXPECT_FALSE(same_site("acme.com", "evilacme.com"));
  EXPECT_FALSE(same_site("acme.com", "acme.com.evil.example"));
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
