// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/sent_mail.h"

#include <gtest/gtest.h>

namespace gatehouse::workspace::gmail {
namespace {

using State = SentMail::State;

constexpr base::SystemTime kNow{std::chrono::seconds(1'794'400'000)};
constexpr std::chrono::seconds kMinute{60};

TEST(SentMail, RemembersHowASendEnded) {
  const base::FixedClock clock(kNow + kMinute);
  SentMail mail;
  EXPECT_FALSE(mail.find("r1", kNow));
  mail.begin("alice", "r1", "digest", kNow);
  EXPECT_EQ(mail.find("r1", kNow)->state, State::sending);
  { SentMail::Claim claim(mail, "r1", clock); }
  EXPECT_EQ(mail.find("r1", kNow)->state, State::unknown);
  EXPECT_EQ(mail.find("r1", kNow)->since, kNow + kMinute) << "since the answer was given up";
  mail.begin("alice", "r1", "digest", kNow);
  {
    SentMail::Claim claim(mail, "r1", clock);
    claim.sent("18c2", "18c0");
  }
  EXPECT_EQ(mail.find("r1", kNow)->state, State::sent);
  EXPECT_EQ(mail.find("r1", kNow)->id, "18c2");
  EXPECT_EQ(mail.find("r1", kNow)->thread_id, "18c0");
  EXPECT_EQ(mail.find("r1", kNow)->content, "digest");
  mail.begin("alice", "r2", "digest", kNow);
  {
    SentMail::Claim claim(mail, "r2", clock);
    claim.not_sent();
  }
  EXPECT_FALSE(mail.find("r2", kNow));
}

TEST(SentMail, AnotherNameIsRememberedAndCountsAsNoOtherMail) {
  SentMailLimits limits;
  limits.sends_per_user_and_hour = 2;
  const base::FixedClock clock(kNow);
  SentMail mail(limits);
  mail.begin("alice", "r1", "digest", kNow);
  mail.begin_also("r2", "digest", kNow);
  SentMail::Claim(mail, "r2", clock).sent("18c2", "18c0", "r-1");
  EXPECT_EQ(mail.find("r2", kNow)->draft_id, "r-1");
  EXPECT_EQ(mail.find("r1", kNow)->state, State::sending);
  EXPECT_EQ(mail.wait_of("alice", kNow).count(), 0);
}

TEST(SentMail, ForgetsAfterADay) {
  SentMail mail;
  mail.begin("alice", "r1", "", kNow);
  EXPECT_TRUE(mail.find("r1", kNow + std::chrono::hours(24) - std::chrono::seconds(1)));
  EXPECT_FALSE(mail.find("r1", kNow + std::chrono::hours(24)));
}

TEST(SentMail, IsBounded) {
  SentMailLimits limits;
  limits.entries_max = 3;
  limits.users_max = 2;
  limits.sends_per_user_and_hour = 1;
  SentMail mail(limits);
  for (const char* request : {"r1", "r2", "r3", "r4"}) mail.begin(request, request, "", kNow);
  EXPECT_FALSE(mail.find("r1", kNow));
  for (const char* request : {"r2", "r3", "r4"}) EXPECT_TRUE(mail.find(request, kNow));
  int remembered = 0;
  for (const char* user : {"r1", "r2", "r3", "r4"})
    remembered += mail.wait_of(user, kNow).count() > 0;
  EXPECT_LE(remembered, 2);
  EXPECT_GT(mail.wait_of("r4", kNow).count(), 0);
}

TEST(SentMail, CountsAnHourByUser) {
  SentMailLimits limits;
  limits.sends_per_user_and_hour = 2;
  SentMail mail(limits);
  mail.begin("alice", "r1", "", kNow);
  EXPECT_EQ(mail.wait_of("alice", kNow).count(), 0);
  mail.begin("alice", "r2", "", kNow + std::chrono::seconds(60));
  EXPECT_EQ(mail.wait_of("alice", kNow + std::chrono::seconds(100)).count(), 3500);
  EXPECT_EQ(mail.wait_of("bob", kNow).count(), 0);
  EXPECT_EQ(mail.wait_of("alice", kNow + std::chrono::seconds(3600)).count(), 0);
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
