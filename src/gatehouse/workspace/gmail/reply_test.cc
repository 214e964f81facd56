// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/mail_for_test.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Original original_of(const HeaderPairs& headers) {
  TestMail mail;
  mail.id = "18c2";
  mail.thread_id = "18c0";
  mail.payload = {"text/plain", "x", headers};
  const auto document = base::JsonDocument::parse(mail_json(mail));
  EXPECT_TRUE(document);
  return read_original(document->root());
}

std::vector<std::string> texts(const std::vector<MailAddress>& list) {
  std::vector<std::string> out;
  for (const MailAddress& one : list) out.push_back(one.text());
  return out;
}

const std::vector<MailAddress> kOwn = parse_address_list("me@x.example, alias@x.example").addresses;

struct Case {
  const char* what;
  HeaderPairs headers;
  bool to_all;
  const char* to;
  const char* cc;
};

std::string joined(const std::vector<MailAddress>& list) {
  std::string out;
  for (const std::string& text : texts(list)) out += (out.empty() ? "" : " ") + text;
  return out;
}

TEST(ReplyRecipients, AreWhomTheAuthorWantsAnswered) {
  const Case cases[] = {
      {"the author", {{"From", "a@x.example"}, {"To", "me@x.example"}}, false, "a@x.example", ""},
      {"where answers are wanted",
       {{"From", "a@x.example"}, {"Reply-To", "b@x.example, c@x.example"}},
       false,
       "b@x.example c@x.example",
       ""},
      {"all",
       {{"From", "a@x.example"}, {"To", "me@x.example, b@x.example"}, {"Cc", "c@x.example"}},
       true,
       "a@x.example b@x.example",
       "c@x.example"},
      {"all but oneself, in any case",
       {{"From", "a@x.example"}, {"To", "ME@X.example"}, {"Cc", "Alias@x.example"}},
       true,
       "a@x.example",
       ""},
      {"nobody twice",
       {{"From", "a@x.example"},
        {"To", "A@x.example, b@x.example, B@x.example"},
        {"Cc", "b@x.example, c@x.example, C@x.example"}},
       true,
       "a@x.example b@x.example",
       "c@x.example"},
      {"whom one wrote to oneself",
       {{"From", "me@x.example"}, {"To", "a@x.example"}, {"Cc", "b@x.example"}},
       false,
       "a@x.example",
       ""},
      {"all of them",
       {{"From", "alias@x.example"}, {"To", "a@x.example"}, {"Cc", "b@x.example"}},
       true,
       "a@x.example",
       "b@x.example"},
      {"a note to oneself",
       {{"From", "me@x.example"}, {"To", "me@x.example"}},
       false,
       "me@x.example",
       ""},
      {"nobody", {{"From", "undisclosed"}}, false, "", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const ReplyRecipients recipients = reply_recipients(original_of(c.headers), c.to_all, kOwn);
    EXPECT_EQ(joined(recipients.to), c.to);
    EXPECT_EQ(joined(recipients.cc), c.cc);
  }
}

TEST(Original, LeavesOutAddressesThatCannotBeWritten) {
  const Original original =
      original_of({{"From", "a@x.example"},
                   {"To", "\"a b\"@x.example, b@x.example, team: c@x.example;, d@[192.0.2.1]"}});
  EXPECT_THAT(texts(original.to), ElementsAre("b@x.example", "c@x.example"));
  EXPECT_EQ(original.odd_addresses, 2u);
}

TEST(Original, NamesItsThread) {
  EXPECT_THAT(original_of({{"Message-ID", "<b@x>"}, {"References", "<r@x> junk <a@x>"}}).references,
              ElementsAre("<r@x>", "<a@x>", "<b@x>"));
  EXPECT_THAT(original_of({{"Message-ID", "<b@x>"}, {"In-Reply-To", "<a@x>"}}).references,
              ElementsAre("<a@x>", "<b@x>"));
  EXPECT_THAT(original_of({{"Message-ID", "<b@x>"}, {"In-Reply-To", "<a@x> <c@x>"}}).references,
              ElementsAre("<b@x>"));
  EXPECT_THAT(original_of({{"References", "<a@x>"}}).references, IsEmpty());
}

TEST(Original, KeepsTheFirstAndTheLatestOfALongThread) {
  std::string references;
  for (int i = 0; i < 100; ++i) references += "<" + std::to_string(i) + "@x> ";
  const Original original = original_of({{"Message-ID", "<own@x>"}, {"References", references}});
  ASSERT_THAT(original.references, SizeIs(20));
  EXPECT_EQ(original.references.front(), "<0@x>");
  EXPECT_EQ(original.references[1], "<82@x>");
  EXPECT_EQ(original.references.back(), "<own@x>");
}

TEST(ReplySubject, HasOnePrefix) {
  EXPECT_EQ(reply_subject("Lunch"), "Re: Lunch");
  EXPECT_EQ(reply_subject("RE: Lunch"), "RE: Lunch");
  EXPECT_EQ(reply_subject(""), "Re:");
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
