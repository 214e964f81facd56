// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/quoted_history.h"

#include <gtest/gtest.h>

namespace gatehouse::workspace::gmail {
namespace {

struct HistoryCase {
  const char* name;
  std::string text;
  std::string kept;  // before the mark
};

TEST(QuotedHistory, IsCutWhereAnEarlierMailBegins) {
  const HistoryCase cases[] = {
      {"English", "Thanks!\n\nOn Tue, 10 Nov 2026 Bob wrote:\n> the numbers\n> are attached.\n",
       "Thanks!"},
      {"wrapped introduction",
       "Yes.\n\nOn Tue, 10 Nov 2026 at 09:15, Bob Builder\n<bob@acme.example> wrote:\n\n> a\n",
       "Yes."},
      {"a list right above",
       "Costs:\n- Power: 900.00\n- Water: 384.50\nOn Thu, 1 Oct 2026 Alice wrote:\n> where?\n",
       "Costs:\n- Power: 900.00\n- Water: 384.50"},
      {"German",
       "Danke\n\nAm Di., 10. Nov. 2026 um 09:15 Uhr schrieb Bob <bob@a.example>:\n\n> a\n",
       "Danke"},
      {"French",
       "Merci\n\nLe mar. 10 nov. 2026 \xC3\xA0 09:15, Bob <b@a.example> a \xC3\xA9"
       "crit :\n\n> a\n",
       "Merci"},
      {"Spanish", "Gracias\n\nEl mar, 10 nov 2026 a las 9:15, Bob escribi\xC3\xB3:\n> a\n",
       "Gracias"},
      {"Chinese",
       "\xE8\xB0\xA2\xE8\xB0\xA2\n\nBob <b@a.example> \xE4\xBA\x8E"
       "2026\xE5\xB9\xB4"
       "11\xE6\x9C\x88"
       "10\xE6\x97\xA5\xE5\x86\x99\xE9\x81\x93\xEF\xBC\x9A\n> a\n",
       "\xE8\xB0\xA2\xE8\xB0\xA2"},
      {"Outlook",
       "Fine.\n\n________________________________\nFrom: Bob\nSent: Tuesday\nTo: Alice\nSubject: "
       "x\n\nold\n",
       "Fine."},
      {"Outlook in markdown", "Fine.\n\n---\n\n**From:** Bob\n**Sent:** Tuesday\n\nold\n", "Fine."},
      {"German Outlook", "Gut.\n\nVon: Bob\nGesendet: Dienstag\nAn: Alice\n\nalt\n", "Gut."},
      {"original message", "Ok\n\n-----Original Message-----\nFrom: Bob\nold\n", "Ok"},
  };
  for (const HistoryCase& c : cases) {
    SCOPED_TRACE(c.name);
    const WithoutHistory found = without_history(c.text);
    EXPECT_GT(found.cut_characters, 0u);
    EXPECT_EQ(found.text, c.kept + "\n[quoted text cut: " + std::to_string(found.cut_characters) +
                              " characters]");
  }
}

TEST(QuotedHistory, StaysWhereItIsTheMessage) {
  const HistoryCase cases[] = {
      {"plain", "Hello\n\nBye", "Hello\n\nBye"},
      {"a colon and a verb", "He wrote:\nfirst\nsecond", "He wrote:\nfirst\nsecond"},
      {"forwarded",
       "FYI\n\n---------- Forwarded message ---------\nFrom: Bob <b@a.example>\nDate: Tue\n\ntext",
       "FYI\n\n---------- Forwarded message ---------\nFrom: Bob <b@a.example>\nDate: Tue\n\ntext"},
      {"nothing but a quote", "> a\n> b\n> c\n> d\n> e", "> a\n> b\n> c\n> d\n> e"},
      {"nothing above the header block", "From: Bob\nSent: Tuesday\n\ntext",
       "From: Bob\nSent: Tuesday\n\ntext"},
      {"short quote between answers", "On 1 Nov 2026 Bob wrote:\n> Coffee?\nYes\n> Today?\nNo",
       "On 1 Nov 2026 Bob wrote:\n> Coffee?\nYes\n> Today?\nNo"},
      {"empty", "", ""},
  };
  for (const HistoryCase& c : cases) {
    SCOPED_TRACE(c.name);
    const WithoutHistory found = without_history(c.text);
    EXPECT_EQ(found.text, c.kept);
    EXPECT_EQ(found.cut_characters, 0u);
  }
}

TEST(QuotedHistory, LongQuotesAboveAnAnswerAreCutAndTheAnswerStays) {
  const WithoutHistory found =
      without_history("On 1 Nov 2026 Bob wrote:\n> a\n> b\n> c\n> d\nMy answer");

  EXPECT_EQ(found.text, "On 1 Nov 2026 Bob wrote:\n[quoted text cut: 16 characters]\nMy answer");
  EXPECT_EQ(found.cut_characters, 16u);
}

TEST(QuotedHistory, FollowsTheMarkOfTheMailProgram) {
  const std::string text = "New\n\nBob, yesterday\n\nold text";

  EXPECT_EQ(without_history(text, 3).text, "New\n[quoted text cut: 25 characters]");
  EXPECT_EQ(without_history(text, 5'000).text, text);
  const std::string forward = "See below\n\n---------- Forwarded message ---------\nold";
  EXPECT_EQ(without_history(forward, 9).text, forward);
}

TEST(QuotedHistory, ReadsAHundredThousandLines) {
  std::string text = "Hi\n";
  for (int i = 0; i < 100'000; ++i) text += "> line\nOn wrote:\nFrom: x\n";
  EXPECT_GT(without_history(text).text.size(), 100u);
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
