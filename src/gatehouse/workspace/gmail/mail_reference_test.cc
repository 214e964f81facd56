// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/mail_reference.h"

#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/read_cursor.h"

namespace gatehouse::workspace::gmail {
namespace {

using Kind = MailReference::Kind;

struct ReferenceCase {
  const char* text;
  Kind kind;
  const char* id;
};

TEST(MailReference, IsReadFromIdsAndPages) {
  const ReferenceCase cases[] = {
      {"18c2f0a1b2c3d4e5", Kind::either, "18c2f0a1b2c3d4e5"},
      {" 18c2f0a1b2c3d4e5 ", Kind::either, "18c2f0a1b2c3d4e5"},
      {"m_quarter", Kind::either, "m_quarter"},
      {"t:18c2f0a1b2c3d4e5", Kind::thread, "18c2f0a1b2c3d4e5"},
      {"thread:t_quarter", Kind::thread, "t_quarter"},
      {"msg-f:1700000000000000000", Kind::message, "17979cfe362a0000"},
      {"thread-f:1700000000000000000", Kind::thread, "17979cfe362a0000"},
      {"https://mail.google.com/mail/u/0/#inbox/18c2f0a1b2c3d4e5", Kind::thread,
       "18c2f0a1b2c3d4e5"},
      {"https://mail.google.com/mail/u/0/#inbox/FMfcgzGkXSRKPQtjSPPRjVsgqPgkMmJB", Kind::thread,
       "17979cfe362a0000"},
      {"https://mail.google.com/mail/u/1/#search/from%3Abob/"
       "FMfcgzGkXSRKPQtjSPPRjVsgqPgkMmJB?compose=new",
       Kind::thread, "17979cfe362a0000"},
      {"https://mail.google.com/mail/u/0/?view=pt&permmsgid=msg-f:1700000000000000000&ser=1",
       Kind::message, "17979cfe362a0000"},
      {"https://mail.google.com/mail/u/0/popout?permthid=thread-f%3A1700000000000000000",
       Kind::thread, "17979cfe362a0000"},
  };
  for (const ReferenceCase& c : cases) {
    SCOPED_TRACE(c.text);
    const auto reference = parse_mail_reference(c.text);
    ASSERT_TRUE(reference);
    EXPECT_EQ(reference->kind, c.kind);
    EXPECT_EQ(reference->id, c.id);
  }
}

// TO-01, TO-07
TEST(MailReference, RefusesEverythingElse) {
  const std::string cases[] = {"",
                               " ",
                               "../drafts",
                               "..",
                               "a/b",
                               "a%2fb",
                               "a?alt=media",
                               "a#b",
                               std::string("a\0b", 3),
                               "a b",
                               "https://evil.example/#inbox/18c2f0a1b2c3d4e5",
                               "https://mail.google.com.evil.example/#inbox/18c2f0a1b2c3d4e5",
                               "https://mail.google.com/mail/u/0/#inbox",
                               "https://mail.google.com/mail/u/0/#inbox/../x",
                               "http://169.254.169.254/",
                               "t:",
                               "t:a/b",
                               "msg-f:",
                               "msg-f:99999999999999999999999",
                               "msg-f:12x",
                               "FMfcgAAAA",
                               std::string(65, 'a'),
                               std::string(5'000, 'F')};
  for (const std::string& text : cases) EXPECT_FALSE(parse_mail_reference(text)) << text;
}

TEST(ReadCursor, ReadsBackWhatItWrites) {
  ReadCursor cursor;
  cursor.items = {{Kind::thread, "t_1"}, {Kind::either, "18c"}, {Kind::message, "9"}};
  cursor.message = 3;
  cursor.offset = 7'500;
  cursor.options.quotes = true;

  const auto again = ReadCursor::parse(cursor.text());

  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), "3 7500 -q tt_1 e18c m9");
  for (const char* bad :
       {"", "1", "1 2", "1 2 -q", "x 2 -q ma", "1 x -q ma", "1 2 -q za", "1 2 -q m"}) {
    EXPECT_FALSE(ReadCursor::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
