// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/charset.h"

#include <gtest/gtest.h>

#include "gatehouse/base/encoding.h"

namespace gatehouse::workspace::gmail {
namespace {

struct CharsetCase {
  const char* name;
  std::string bytes;
  const char* declared;
  std::string text;
};

// TO-11
TEST(Charset, GivesValidUtf8WhateverIsDeclared) {
  const CharsetCase cases[] = {
      {"ascii", "plain", "us-ascii", "plain"},
      {"utf-8", "caf\xC3\xA9", "utf-8", "caf\xC3\xA9"},
      {"already utf-8 though declared latin", "caf\xC3\xA9", "iso-8859-1", "caf\xC3\xA9"},
      {"latin 1", "caf\xE9", "ISO-8859-1", "caf\xC3\xA9"},
      {"windows 1252 under the name latin 1", "5 \x80 \x93quoted\x94", "iso-8859-1",
       "5 \xE2\x82\xAC \xE2\x80\x9Cquoted\xE2\x80\x9D"},
      {"latin 9", "\xA4", "iso-8859-15", "\xE2\x82\xAC"},
      {"central european",
       "\xE8"
       "esk\xFD",
       "windows-1250",
       "\xC4\x8D"
       "esk\xC3\xBD"},
      {"cyrillic", "\xCF\xF0\xE8", "windows-1251", "\xD0\x9F\xD1\x80\xD0\xB8"},
      {"koi8", "\xF0\xD2\xC9", "koi8-r", "\xD0\x9F\xD1\x80\xD0\xB8"},
      {"iso-2022-jp", "\x1B$B2q5D\x1B(B", "iso-2022-jp", "\xE4\xBC\x9A\xE8\xAD\xB0"},
      {"iso-2022-jp declared, text converted before", "\xE4\xBC\x9A", "iso-2022-jp",
       "\xE4\xBC\x9A"},
      {"shift jis", "\x89\xEF\x8B\x63", "Shift_JIS", "\xE4\xBC\x9A\xE8\xAD\xB0"},
      {"gb2312 holds gb18030", "\xC4\xE3\xBA\xC3", "gb2312", "\xE4\xBD\xA0\xE5\xA5\xBD"},
      {"utf-7", "Hi +AOk-", "utf-7", "Hi \xC3\xA9"},
      {"utf-16 little endian", std::string("h\0i\0", 4), "utf-16le", "hi"},
      {"utf-16 of bytes that all look like ASCII", "B0D0", "utf-16le", "\xE3\x81\x82\xE3\x81\x84"},
      {"the same from the other end", "0B0D", "UTF-16BE", "\xE3\x81\x82\xE3\x81\x84"},
      {"utf-16 with a full stop", "B0\x02\x30", "utf-16le", "\xE3\x81\x82\xE3\x80\x82"},
      {"utf-16 declared, text converted before", "Hello, all\r\n", "utf-16", "Hello, all\r\n"},
      {"utf-16 declared, an odd number of bytes", "Hello", "utf-16le", "Hello"},
      {"unknown name, eight bits", "na\xEFve", "x-martian", "na\xC3\xAFve"},
      {"unknown name, utf-8", "na\xC3\xAFve", "x-martian", "na\xC3\xAFve"},
      {"no name",
       "\xFC"
       "ber",
       "",
       "\xC3\xBC"
       "ber"},
      {"a name that is a path",
       "\xFC"
       "ber",
       "../../gconv/evil",
       "\xC3\xBC"
       "ber"},
      {"a name with a suffix for iconv",
       "\xFC"
       "ber",
       "iso-8859-1//IGNORE",
       "\xC3\xBC"
       "ber"},
      {"slip in utf-8", "a\xC3(", "utf-8", "a\xEF\xBF\xBD("},
      {"cut within a character", "\x89", "shift_jis", "\xEF\xBF\xBD"},
      {"empty", "", "iso-2022-jp", ""},
  };
  for (const CharsetCase& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string text = to_utf8(c.bytes, c.declared);
    EXPECT_EQ(text, c.text);
    EXPECT_TRUE(base::is_valid_utf8(text));
  }
}

TEST(Charset, SurvivesEveryByteUnderEveryKindOfCharset) {
  std::string bytes = "\x1B$B+AA";
  for (int i = 255; i >= 0; --i) bytes.push_back(static_cast<char>(i));
  for (const char* name :
       {"utf-7", "iso-2022-jp", "iso-2022-kr", "utf-16", "euc-jp", "big5", "gb18030", "koi8-u"}) {
    EXPECT_TRUE(base::is_valid_utf8(to_utf8(bytes, name))) << name;
  }
}

TEST(Charset, ConvertsMoreThanOneBlock) {
  EXPECT_EQ(to_utf8(std::string(10'000, '\xE9'), "latin1").size(), 20'000u);
  EXPECT_EQ(to_utf8(std::string(10'000, '\x81'), "windows-1252").size(), 30'000u);
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
