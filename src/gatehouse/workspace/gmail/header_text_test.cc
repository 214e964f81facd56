// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/header_text.h"

#include <gtest/gtest.h>

#include "gatehouse/base/encoding.h"

namespace gatehouse::workspace::gmail {
namespace {

TEST(HeaderText, DecodesEncodedWords) {
  const std::pair<std::string, std::string> cases[] = {
      {"plain", "plain"},
      {"=?utf-8?Q?R=C3=A9union_=C3=A0_Z=C3=BCrich?=", "R\xC3\xA9union \xC3\xA0 Z\xC3\xBCrich"},
      {"=?UTF-8?B?4pyT?= done", "\xE2\x9C\x93 done"},
      {"=?iso-8859-1?Q?a?= =?iso-8859-1?Q?b?=", "ab"},
      {"=?iso-8859-1?Q?a?=\r\n  =?iso-8859-1?Q?_b?=", "a b"},
      {"=?us-ascii*en?Q?hello?=", "hello"},
      {"=?utf-8?B?4pw=?= =?utf-8?B?kw==?=", "\xE2\x9C\x93"},  // one character in two words
      {"=?iso-2022-jp?B?GyRCMnE1RBsoQg==?=", "\xE4\xBC\x9A\xE8\xAD\xB0"},
      {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
      {"=?utf-8?B?", "=?utf-8?B?"},
      {"=?=?=?=", "=?=?=?="},
      {"=?utf-8?Q?half=2?=", "half=2"},
      {"caf\xE9", "caf\xC3\xA9"},
      {"caf\xC3\xA9", "caf\xC3\xA9"},
      {"folded\r\n\there", "folded here"},
      {"", ""},
  };
  for (const auto& [raw, text] : cases) EXPECT_EQ(decode_header(raw), text) << raw;
}

TEST(HeaderText, StaysFastOnUnclosedWords) {
  std::string raw;
  for (int i = 0; i < 100'000; ++i) raw += "=?a?b?";
  EXPECT_LE(decode_header(raw).size(), 64u * 1024);
}

struct AddressCase {
  std::string raw;
  std::vector<std::pair<std::string, std::string>> expected;
};

TEST(HeaderText, ParsesAddresses) {
  const AddressCase cases[] = {
      {"bob@acme.example", {{"", "bob@acme.example"}}},
      {"Bob <bob@acme.example>", {{"Bob", "bob@acme.example"}}},
      {"\"Doe, John\" <j@x.example>, a@b.example",
       {{"Doe, John", "j@x.example"}, {"", "a@b.example"}}},
      {"\"a \\\"b\\\" c\" <q@x.example>", {{"a \"b\" c", "q@x.example"}}},
      {"=?utf-8?Q?Fran=C3=A7ois?= <f@x.example>", {{"Fran\xC3\xA7ois", "f@x.example"}}},
      {"\"=?utf-8?Q?Fran=C3=A7ois?=\" <f@x.example>", {{"Fran\xC3\xA7ois", "f@x.example"}}},
      {"Team: a@x.example, b@x.example;", {{"", "a@x.example"}, {"", "b@x.example"}}},
      {"undisclosed-recipients:;", {}},
      {"x@y.example (a (nested) comment)", {{"", "x@y.example"}}},
      {"Somebody", {{"Somebody", ""}}},
      {"<a@x.example", {{"", "a@x.example"}}},
      {"", {}},
      {",,;", {}},
  };
  for (const AddressCase& c : cases) {
    SCOPED_TRACE(c.raw);
    const auto found = parse_addresses(c.raw);
    ASSERT_EQ(found.size(), c.expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].name, c.expected[i].first);
      EXPECT_EQ(found[i].address, c.expected[i].second);
    }
  }
}

TEST(HeaderText, BoundsTheNumberOfAddresses) {
  std::string raw;
  for (int i = 0; i < 5'000; ++i) raw += "a@b.example,";
  EXPECT_EQ(parse_addresses(raw).size(), 500u);
}

TEST(HeaderText, ReadsParameters) {
  const std::pair<std::string, std::string> cases[] = {
      {"attachment; filename=\"q3.csv\"", "q3.csv"},
      {"attachment; filename=q3.csv; size=7", "q3.csv"},
      {"attachment; FileName=\"semi;colon.txt\"", "semi;colon.txt"},
      {"attachment; filename*=UTF-8''na%C3%AFve.txt", "na\xC3\xAFve.txt"},
      {"attachment; filename*=iso-8859-1'en'na%EFve.txt; filename=naive.txt", "na\xC3\xAFve.txt"},
      {"attachment; filename*0=\"long \"; filename*1=\"name.txt\"", "long name.txt"},
      {"attachment;\r\n filename*0*=utf-8''caf%C3;\r\n filename*1*=%A9.txt", "caf\xC3\xA9.txt"},
      {"attachment; filename=\"=?utf-8?Q?caf=C3=A9.txt?=\"", "caf\xC3\xA9.txt"},
      {"attachment; filename=\"unclosed", "unclosed"},
      {"attachment; filename*=broken", "broken"},
      {"attachment", ""},
      {"attachment; ;;=;", ""},
  };
  for (const auto& [raw, name] : cases) {
    SCOPED_TRACE(raw);
    const Parameters parsed = parse_parameters(raw);
    EXPECT_EQ(parsed.value, "attachment");
    EXPECT_EQ(parsed.parameter("filename"), name);
  }
}

TEST(HeaderText, BoundsTheNumberOfParameters) {
  std::string raw = "text/plain";
  for (int i = 0; i < 10'000; ++i) raw += ";a=b";
  EXPECT_EQ(parse_parameters(raw).items.size(), 100u);
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
