// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/encoding.h"

#include <gtest/gtest.h>

#include <string>

#include "gatehouse/base/random.h"

namespace gatehouse::base {
namespace {

using namespace std::string_view_literals;

struct Base64Row {
  std::string_view bytes;
  std::string_view padded;
  std::string_view url;
};

// RFC 4648 section 10, and bytes that use the last two digits of each alphabet.
constexpr Base64Row kBase64Rows[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbf"sv, "+/+/", "-_-_"},
    {"\0\0"sv, "AAA=", "AAA"},
};

TEST(Base64, GivesThePublishedText) {
  for (const Base64Row& row : kBase64Rows) {
    EXPECT_EQ(base64_encode(row.bytes), row.padded);
    EXPECT_EQ(base64url_encode(row.bytes), row.url);
    EXPECT_EQ(base64url_encode_secret(row.bytes).reveal(), row.url);
    EXPECT_EQ(base64_decode(row.padded), row.bytes);
    EXPECT_EQ(base64url_decode(row.url), row.bytes);
    EXPECT_EQ(base64_decode_lenient(row.padded), row.bytes);
    EXPECT_EQ(base64_decode_lenient(row.url), row.bytes);
    const std::optional<Secret> secret = base64url_decode_secret(row.url);
    ASSERT_TRUE(secret.has_value());
    EXPECT_EQ(secret->reveal(), row.bytes);
    const std::optional<Secret> from_padded = base64_decode_secret(row.padded);
    ASSERT_TRUE(from_padded.has_value());
    EXPECT_EQ(from_padded->reveal(), row.bytes);
  }
}

// VA-26
TEST(Base64, DecodingIsStrict) {
  constexpr std::string_view kTexts[] = {"Zg",    "Zg=",      "Zg===",    "Z===",     "====",
                                         "=",     "Zm9v====", " Zg==",    "Zg== ",    "Zm 9v",
                                         "Zm9\n", "-_-_",     "Zh==",     "Zm9=",     "Z",
                                         "Zm9vY", "Zm=v",     "Zm9v\0"sv, "Zg==Zg==", "Zm9\xc3"};
  for (const std::string_view text : kTexts) {
    EXPECT_FALSE(base64_decode(text).has_value()) << text;
    EXPECT_FALSE(base64_decode_secret(text).has_value()) << text;
  }
}

// VA-26
TEST(Base64Url, DecodingIsStrict) {
  constexpr std::string_view kTexts[] = {"Zg==",  "Zm8=",  "+/+/",   "Zh",       "Zm9",    "Z",
                                         "Zm9vY", "Zm 9v", "Zm9v\n", "Zm9v\0"sv, "Zm9\xff"};
  for (const std::string_view text : kTexts) {
    EXPECT_FALSE(base64url_decode(text).has_value()) << text;
    EXPECT_FALSE(base64url_decode_secret(text).has_value()) << text;
  }
}

TEST(Base64, LenientDecodingTakesWhatMailSystemsSend) {
  EXPECT_EQ(base64_decode_lenient("Zm9v\r\n YmFy\t"), "foobar");
  EXPECT_EQ(base64_decode_lenient("-_+/"), "\xfb\xff\xbf");
  EXPECT_EQ(base64_decode_lenient("Zg=\r\n=\r\n"), "f");
  EXPECT_EQ(base64_decode_lenient("Zh"), "f");
  EXPECT_FALSE(base64_decode_lenient("Zg==Zg").has_value());
  EXPECT_FALSE(base64_decode_lenient("Z").has_value());
  EXPECT_FALSE(base64_decode_lenient("Zm9v!").has_value());
}

TEST(Base64, EverySizeSurvivesTheRoundTrip) {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    const Secret bytes = random.secret(size);
    EXPECT_EQ(base64_decode(base64_encode(bytes.reveal())), bytes.reveal());
    EXPECT_EQ(base64url_decode(base64url_encode(bytes.reveal())), bytes.reveal());
    EXPECT_EQ(base64_decode_lenient(base64url_encode(bytes.reveal())), bytes.reveal());
  }
}

TEST(Hex, IsLowerCase) { EXPECT_EQ(hex_encode("\x00\xfa\x1f"sv), "00fa1f"); }

TEST(Percent, EncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a/b?c=d&e f+%"), "a%2Fb%3Fc%3Dd%26e%20f%2B%25");
  EXPECT_EQ(percent_encode("\xc3\xa9\0"sv), "%C3%A9%00");
}

TEST(Percent, DecodingIsStrict) {
  EXPECT_EQ(percent_decode("a%2Fb%c3%A9+"), "a/b\xc3\xa9+");
  EXPECT_EQ(percent_decode("%00"), "\0"sv);
  for (const std::string_view text : {"%", "%2", "a%2", "%zz", "%2g", "%%41"}) {
    EXPECT_FALSE(percent_decode(text).has_value()) << text;
  }
}

struct Utf8Row {
  std::string_view text;
  bool valid;
};

constexpr Utf8Row kUtf8Rows[] = {
    {"", true},
    {"plain text, longer than one word", true},
    {"\x7f", true},
    {"\xc2\x80", true},
    {"\xdf\xbf", true},
    {"\xe0\xa0\x80", true},
    {"\xed\x9f\xbf", true},
    {"\xee\x80\x80", true},
    {"\xef\xbf\xbf", true},
    {"\xf0\x90\x80\x80", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"abcdefg\xe2\x82\xac tail after the word border", true},
    {"\0"sv, true},
    {"\x80", false},  // continuation alone
    {"\xbf", false},
    {"\xc0\x80", false},  // overlong
    {"\xc1\xbf", false},
    {"\xe0\x9f\xbf", false},
    {"\xf0\x8f\xbf\xbf", false},
    {"\xed\xa0\x80", false},  // surrogates
    {"\xed\xbf\xbf", false},
    {"\xf4\x90\x80\x80", false},  // above U+10FFFF
    {"\xf5\x80\x80\x80", false},
    {"\xff", false},
    {"\xc2", false},  // cut
    {"\xe2\x82", false},
    {"\xf0\x9f\x98", false},
    {"\xc2\x20", false},
    {"\xe2\x28\xa1", false},
    {"\xe2\x82\x28", false},
    {"\xf0\x9f\x98\x28", false},
    {"abcdefgh\xff", false},
    {"abcdefghijklmnopq\xc3", false},
};

TEST(Utf8, FollowsRfc3629) {
  for (const Utf8Row& row : kUtf8Rows) {
    EXPECT_EQ(is_valid_utf8(row.text), row.valid) << hex_encode(row.text);
  }
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      std::string text(size, 'a');
      text[place] = '\xff';
      EXPECT_FALSE(is_valid_utf8(text)) << size << " " << place;
    }
  }
}

TEST(Ascii, CaseIgnoresOnlyAsciiLetters) {
  EXPECT_EQ(to_lower_ascii("ABC-xyz\xc3\x89"), "abc-xyz\xc3\x89");
  EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-TYPE"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(Trim, RemovesSpacesAndTabsOnly) {
  EXPECT_EQ(trim(" \t a b \t"), "a b");
  EXPECT_EQ(trim("\r\n"), "\r\n");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(EqualIgnoringCase, IsTheSameAsByteByByte) {
  const auto slowly = [](unsigned char a, unsigned char b) {
    const auto low = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : int{c}; };
    return low(a) == low(b);
  };
  for (const std::size_t place : {0u, 3u, 7u, 8u, 11u}) {
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; ++b) {
        std::string left = "Content-Typ_";
        std::string right = "cONTENT-tYP_";
        left[place] = static_cast<char>(a);
        right[place] = static_cast<char>(b);
        ASSERT_EQ(equal_ignoring_case(left, right),
                  slowly(static_cast<unsigned char>(a), static_cast<unsigned char>(b)))
            << place << " " << a << " " << b;
      }
    }
  }
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      std::string left = std::string("MCP-Protocol-Version").substr(0, size);
      const std::string right = to_lower_ascii(left);
      ASSERT_TRUE(equal_ignoring_case(left, right)) << size;
      left[place] = '?';
      ASSERT_FALSE(equal_ignoring_case(left, right)) << size << " " << place;
    }
  }
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
}

}  // namespace
}  // namespace gatehouse::base
