// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/label_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/changed_mail.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(LabelEdit, IsReadAsItWasWritten) {
  const std::vector<LabelEdit> edits{
      {{"Label_1", "UNREAD"}, {}, {"19a1ce0000000001", "1", "ffffffffffffffff"}},
      {{}, {"INBOX"}, {"19a1ce0000000001", "no-number", "0012"}},
  };
  const std::string text = text_of(edits);
  const auto read = parse_edits(text);
  ASSERT_TRUE(read);
  ASSERT_THAT(*read, SizeIs(2));
  for (std::size_t i = 0; i < edits.size(); ++i) {
    EXPECT_EQ((*read)[i].add, edits[i].add);
    EXPECT_EQ((*read)[i].remove, edits[i].remove);
    EXPECT_EQ((*read)[i].messages, edits[i].messages);
  }
}

TEST(LabelEdit, TakesEightBytesForAnId) {
  LabelEdit edit{{"STARRED"}, {}, {}};
  for (int i = 0; i < 500; ++i) edit.messages.push_back("19a1ce00000" + std::to_string(10'000 + i));
  EXPECT_LT(text_of({edit}).size(), 500u * 8 + 50);
}

TEST(LabelEdit, IsNotReadFromAnythingElse) {
  const std::string good = text_of({{{"STARRED"}, {}, {"19a1ce0000000001"}}});
  ASSERT_TRUE(parse_edits(good));
  for (const std::string& bad :
       {std::string(), good.substr(1), good.substr(0, good.size() - 1), good + "x", good + "\n",
        std::string("labels 1\n;;t;1\na"), std::string("labels 1\nA;;x;\n"),
        std::string("labels 1\nA;;t;0\n"), std::string("labels 1\nA;;t;-1\na")}) {
    EXPECT_FALSE(parse_edits(bad)) << bad;
  }
}

TEST(ChangedMail, ForgetsTheOldestWhenItHoldsTooMuch) {
  ChangedMailLimits limits;
  limits.bytes_max = 3'000;
  ChangedMail mail(limits);
  base::SystemTime now = base::from_epoch_seconds(1'000'000);
  for (int i = 0; i < 10; ++i) {
    ChangedMail::Claim claim(mail, std::to_string(i), "c", now);
    claim.done(1, std::string(900, 'u'), now);
  }
  EXPECT_LE(mail.bytes(), 4'500u);
  EXPECT_FALSE(mail.find("0", now));
  ASSERT_TRUE(mail.find("9", now));
  EXPECT_EQ(mail.find("9", now)->count, 1u);
}

TEST(ChangedMail, WhatWasNotDoneNeverWas) {
  ChangedMail mail;
  const base::SystemTime now = base::from_epoch_seconds(1'000'000);
  {
    ChangedMail::Claim claim(mail, "1", "c", now);
    EXPECT_FALSE(mail.find("1", now)->is_done);
    ChangedMail::Claim nameless(mail, "", "c", now);
  }
  EXPECT_FALSE(mail.find("1", now));
  EXPECT_FALSE(mail.find("", now));
  EXPECT_EQ(mail.bytes(), 0u);
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
