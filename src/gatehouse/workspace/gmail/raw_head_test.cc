// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/raw_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::SizeIs;

TEST(RawHead, GivesFieldsAsTheyStand) {
  const std::string mail =
      "To: Ann <ann@x.example>,\r\n\tbob@x.example\r\nSUBJECT:x\r\nX-Empty:\r\n\r\nTo: body\r\n";
  const auto head = read_raw_head(mail);
  ASSERT_TRUE(head);
  ASSERT_THAT(head->fields, SizeIs(3));
  EXPECT_EQ(head->fields[0].name, "To");
  EXPECT_EQ(head->fields[0].lines, "To: Ann <ann@x.example>,\r\n\tbob@x.example\r\n");
  EXPECT_EQ(head->fields[0].value(), "Ann <ann@x.example>,\tbob@x.example");
  EXPECT_EQ(head->fields[1].value(), "x");
  EXPECT_EQ(head->fields[2].value(), "");
  EXPECT_EQ(mail.substr(head->size), "To: body\r\n");
  const auto none = read_raw_head("\r\nbody");
  ASSERT_TRUE(none);
  EXPECT_THAT(none->fields, SizeIs(0));
}

TEST(RawHead, RefusesWhatReadersMayTakeDifferently) {
  for (const std::string mail :
       {"", "To: a@b", "To: a@b\r\n", "To: a@b\n\nx", "To: a@b\nBcc: c@d\r\n\r\n",
        "To: a@b\rBcc: c@d\r\n\r\n", " To: a@b\r\n\r\n", "To a@b\r\n\r\n", "T\xC3\xB6: a@b\r\n\r\n",
        "To : a@b\r\n\r\n", ": a@b\r\n\r\n"})
    EXPECT_FALSE(read_raw_head(mail)) << mail;
  std::string many;
  for (int i = 0; i < 1'100; ++i) many += "X: y\r\n";
  EXPECT_FALSE(read_raw_head(many + "\r\n"));
  EXPECT_FALSE(read_raw_head("X: " + std::string(kRawHeadMax, 'y') + "\r\n\r\n"));
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
