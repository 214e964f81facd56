// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/mail_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/domain_name.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::HasSubstr;

struct DomainCase {
  const char* text;
  const char* ascii;  // null: refused
};

TEST(AsciiDomain, IsWhatTheDnsKnows) {
  const std::string label63(63, 'a');
  const std::string label64(64, 'a');
  const std::string good = label63 + ".example";
  const std::string bad = label64 + ".example";
  const DomainCase cases[] = {
      {"acme.example", "acme.example"},
      {"ACME.Example", "acme.example"},
      {"a-b.c0.example", "a-b.c0.example"},
      {"xn--mnchen-3ya.example", "xn--mnchen-3ya.example"},
      // Known answers of RFC 3492 section 7.1 and of common registries.
      {"m\xC3\xBCnchen.example", "xn--mnchen-3ya.example"},
      {"M\xC3\x9CNCHEN.example", "xn--mnchen-3ya.example"},
      {"b\xC3\xBC"
       "cher.example",
       "xn--bcher-kva.example"},
      {"\xE4\xBE\x8B\xE3\x81\x88.\xE3\x83\x86\xE3\x82\xB9\xE3\x83\x88", "xn--r8jz45g.xn--zckzah"},
      {"\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0.\xD1\x80\xD1\x84", "xn--80a1acny.xn--p1ai"},
      {good.c_str(), good.c_str()},
      {bad.c_str(), nullptr},
      {"", nullptr},
      {"localhost", nullptr},
      {".example", nullptr},
      {"acme.", nullptr},
      {"acme..example", nullptr},
      {"-acme.example", nullptr},
      {"acme-.example", nullptr},
      {"ac me.example", nullptr},
      {"acme_x.example", nullptr},
      {"[192.0.2.1]", nullptr},
      {"192.0.2.1", nullptr},
      {"acme.example\r\nBcc: x", nullptr},
      {"acme.example>", nullptr},
      {"acme.example\xE3\x80\x82"
       "evil.example",
       nullptr},  // the full stop of East Asia
      {"\xEF\xBD\x81"
       "cme.example",
       nullptr},  // a letter in full width
      {"acm\xE2\x80\x8B"
       "e.example",
       nullptr},                             // zero-width space
      {"mu\xCC\x88nchen.example", nullptr},  // not composed
      {"\xF0\x9F\x92\xA9.example", nullptr},
      {"acme\x80.example", nullptr},
  };
  for (const DomainCase& c : cases) {
    SCOPED_TRACE(c.text);
    const auto ascii = ascii_domain(c.text);
    ASSERT_EQ(ascii.has_value(), c.ascii != nullptr) << ascii.value_or("");
    if (ascii) {
      EXPECT_EQ(*ascii, c.ascii);
      EXPECT_EQ(ascii_domain(*ascii), ascii);
    }
  }
}

// "name|address" of all, joined by spaces; the complaint otherwise.
std::string read(std::string_view text) {
  const AddressList list = parse_address_list(text);
  if (!list.complaint.empty()) {
    EXPECT_TRUE(list.addresses.empty());
    return "refused";
  }
  std::string out;
  for (const MailAddress& one : list.addresses)
    out += (out.empty() ? "" : " ") + one.name + "|" + one.text();
  return out;
}

struct ListCase {
  const char* text;
  const char* read;
};

TEST(AddressList, IsReadAsPeopleWriteIt) {
  const ListCase cases[] = {
      {"", ""},
      {" , ;", ""},
      {"ann@x.example", "|ann@x.example"},
      {"<ann@x.example>", "|ann@x.example"},
      {"Ann Archer <Ann.Archer+tag@X.example>", "Ann Archer|Ann.Archer+tag@x.example"},
      {"\"Archer, Ann\" <ann@x.example>, bob@y.example",
       "Archer, Ann|ann@x.example |bob@y.example"},
      {"ann@x.example; bob@y.example", "|ann@x.example |bob@y.example"},
      {"\"A \\\"quoted\\\" <name>\" <ann@x.example>", "A \"quoted\" <name>|ann@x.example"},
      {"\xC3\x89milie <e@m\xC3\xBCnchen.example>", "\xC3\x89milie|e@xn--mnchen-3ya.example"},
      {"o'brien!#$%&'*+-/=?^_`{|}~@x.example", "|o'brien!#$%&'*+-/=?^_`{|}~@x.example"},
      {"boss@acme.example <ann@evil.example>", "boss@acme.example|ann@evil.example"},
  };
  for (const ListCase& c : cases) EXPECT_EQ(read(c.text), c.read) << c.text;
}

// T42
TEST(AddressList, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::string long_local = std::string(65, 'a') + "@x.example";
  const std::string cases[] = {
      "ann",
      "@x.example",
      "ann@",
      "ann@x",
      "ann@@x.example",
      "ann@x.example@y.example",
      "\"ann@acme.example\"@evil.example",
      "ann(comment)@x.example",
      "ann @x.example",
      "ann@ x.example",
      "ann@x.example (Ann)",
      ".ann@x.example",
      "ann.@x.example",
      "a..b@x.example",
      "Ann <ann@x.example> <bob@y.example>",
      "Ann <ann@x.example",
      "Ann ann@x.example>",
      "Ann <ann@x.example> tail",
      "Archer, Ann <ann@x.example>",
      "group: ann@x.example, bob@y.example;",
      "<@relay.example:ann@x.example>",
      "ann@[192.0.2.1]",
      "\"unclosed <ann@x.example>",
      "\"a\" b <ann@x.example>",
      "\xC3\xA4nn@x.example",
      "ann@x.example\r\nBcc: eve@evil.example",
      "ann@x.example\nfoo",
      std::string("ann\0@x.example", 14),
      "ann\x7f@x.example",
      "ann@x.example\xFF",
      long_local,
      std::string(50'000, ' '),
  };
  for (const std::string& text : cases) EXPECT_EQ(read(text), "refused") << text;
}

TEST(AddressList, SaysWhichEntryIsWrong) {
  EXPECT_THAT(parse_address_list("ann@x.example, Doe").complaint, HasSubstr("\"Doe\" is no mail"));
}

TEST(MailAddress, IsTheSameMailboxInAnyCase) {
  const auto one = parse_address_list("Ann <Ann@X.example>").addresses.front();
  EXPECT_TRUE(one.is_same_mailbox(parse_address_list("ann@x.EXAMPLE").addresses.front()));
  EXPECT_FALSE(one.is_same_mailbox(parse_address_list("ann@y.example").addresses.front()));
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
