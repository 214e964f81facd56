// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/url.h"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

TEST(Form, DecodesPairsInTheirOrder) {
  const auto fields = parse_form("b=1&a=x+y%2Bz&empty=&bare&b=%C3%A4");

  ASSERT_TRUE(fields);
  const FormFields expected{{"b", "1"}, {"a", "x y+z"}, {"empty", ""}, {"bare", ""}, {"b", "ä"}};
  EXPECT_EQ(*fields, expected);
}

TEST(Form, KeepsEqualSignsOfTheValue) {
  EXPECT_EQ(*parse_form("a=b=c=="), (FormFields{{"a", "b=c=="}}));
}

TEST(Form, EmptyTextAndEmptyPairsAreNoFields) {
  EXPECT_TRUE(parse_form("")->empty());
  EXPECT_EQ(parse_form("&&a=1&&")->size(), 1U);
}

TEST(Form, RefusesBrokenEscapesAndBrokenUtf8) {
  for (std::string_view text :
       {"a=%", "a=%2", "a=%zz", "%=1", "a=%ff", "a=%c0%af", "a=\xff", "a=%ed%a0%80"}) {
    EXPECT_FALSE(parse_form(text)) << text;
  }
}

TEST(Form, RefusesMoreThan64Fields) {
  std::string text;
  for (int i = 0; i < 64; ++i) text += "a=1&";
  EXPECT_TRUE(parse_form(text));
  EXPECT_FALSE(parse_form(text + "a=1"));
}

TEST(Form, EncodingIsReadBackUnchanged) {
  const FormFields fields{{"a b", "c&d=e+f%"}, {"ü", "\r\n"}, {"", ""}};
  EXPECT_EQ(encode_form(fields), "a%20b=c%26d%3De%2Bf%25&%C3%BC=%0D%0A&=");
  EXPECT_EQ(*parse_form(encode_form(fields)), fields);
}

TEST(Form, SingleFieldRefusesToChooseAmongSeveral) {
  const FormFields fields{{"a", "1"}, {"b", "2"}, {"a", "1"}};
  EXPECT_EQ(single_field(fields, "b"), "2");
  EXPECT_EQ(single_field(fields, "a"), std::nullopt);
  EXPECT_EQ(single_field(fields, "c"), std::nullopt);
  EXPECT_EQ(field_count(fields, "a"), 2U);
}

TEST(Url, TakesEveryPartApart) {
  const auto url = parse_url("HTTPS://user:pw@Example.COM:8443/a/b;c?x=1&y=?#frag");

  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->userinfo, "user:pw");
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->path, "/a/b;c");
  EXPECT_EQ(url->query, "x=1&y=?");
  EXPECT_EQ(url->fragment, "frag");
  EXPECT_TRUE(url->has_userinfo && url->has_query && url->has_fragment);
  EXPECT_EQ(url->origin(), "https://example.com:8443");
}

TEST(Url, RemembersEmptyButPresentParts) {
  const auto url = parse_url("https://@h?#");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->has_userinfo && url->has_query && url->has_fragment);
  EXPECT_EQ(url->path, "");

  const auto bare = parse_url("https://h");
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->has_userinfo || bare->has_query || bare->has_fragment);
}

TEST(Url, AcceptsIpv6AndPrivateSchemes) {
  EXPECT_EQ(parse_url("http://[::1]:80/cb")->host, "[::1]");
  EXPECT_EQ(parse_url("http://[::1]:80/cb")->port, "80");
  EXPECT_EQ(parse_url("cursor://anysphere.cursor-mcp/oauth/callback")->host,
            "anysphere.cursor-mcp");
  EXPECT_EQ(parse_url("com.example.app:/oauth")->path, "/oauth");
  EXPECT_EQ(parse_url("com.example.app:/oauth")->host, "");
  EXPECT_EQ(parse_url("urn:ietf:wg:oauth:2.0:oob")->path, "ietf:wg:oauth:2.0:oob");
  EXPECT_EQ(parse_url("file:///etc")->path, "/etc");
}

TEST(Url, RefusesWhatIsNoStrictAbsoluteUrl) {
  constexpr std::string_view kRefused[] = {"",
                                           "https",
                                           "https:",
                                           "https:/x",
                                           "https://",
                                           "https:///x",
                                           "//host/x",
                                           "/x",
                                           "://host",
                                           "1http://host",
                                           "ht tp://host",
                                           "https://ho st/",
                                           "https://host/a b",
                                           "https://host/\\",
                                           "https:\\\\host",
                                           "https://host\\@evil",
                                           "https://h\xc3\xb6st/",
                                           "https://host/\xc3\xb6",
                                           "https://host/\t",
                                           "https://host/\n",
                                           " https://host",
                                           "https://host ",
                                           "https://a@b@c/",
                                           "https://host:/",
                                           "https://host:x/",
                                           "https://host:99999/",
                                           "https://host:123456/",
                                           "https://host:-1/",
                                           "https://host:80:80/",
                                           "https://[::1/",
                                           "https://[::1]x/",
                                           "https://[zz]/",
                                           "https://[]/",
                                           "https://ho%73t/",
                                           "https://host/%",
                                           "https://host/%2",
                                           "https://host/%zz",
                                           "https://host/?%g0",
                                           "https://host/#%",
                                           "https://host/#a#b",
                                           "https://host/<",
                                           "https://host/\"",
                                           "https://host/{x}",
                                           "https://host/|",
                                           "myapp:",
                                           "myapp://",
                                           "https://:80/",
                                           "https://user@/"};
  for (std::string_view text : kRefused) EXPECT_FALSE(parse_url(text)) << text;
  EXPECT_FALSE(parse_url(std::string_view("https://host/\0x", 14)));
  EXPECT_FALSE(parse_url(std::string_view("https://ho\0st/", 14)));
  EXPECT_FALSE(parse_url(std::string_view("https://[::1\0\r\nX: y]/", 21)));
  EXPECT_FALSE(parse_url(std::string_view("https://[::1\0]/", 15)));
}

TEST(Url, KnowsLoopbackHostsByTheirLiteralForm) {
  for (std::string_view host : {"localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "[::1]"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (std::string_view host :
       {"", "localhost.evil.com", "127.0.0.1.evil.com", "127.1", "0x7f.0.0.1", "128.0.0.1",
        "0.0.0.0", "[::2]", "::1", "[::ffff:127.0.0.1]", "localhost."}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

}  // namespace
}  // namespace gatehouse::http
