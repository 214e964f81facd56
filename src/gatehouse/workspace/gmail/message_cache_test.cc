// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/message_cache.h"

#include <gtest/gtest.h>

namespace gatehouse::workspace::gmail {
namespace {

constexpr base::SystemTime kNow{std::chrono::seconds(1'794'302'100)};

Summary summary(const std::string& id, std::size_t size = 10) {
  Summary s;
  s.id = id;
  s.subject = std::string(size, 's');
  return s;
}

TEST(MessageCache, KeepsEachUsersMailApart) {
  MessageCache cache;
  cache.put("alice", "m1", summary("m1"), kNow);

  EXPECT_TRUE(cache.find("alice", "m1", kNow));
  EXPECT_FALSE(cache.find("bob", "m1", kNow));
  EXPECT_FALSE(cache.find("alice", "m2", kNow));
}

TEST(MessageCache, ForgetsAfterItsLifetime) {
  MessageCache cache;
  cache.begin("alice", "5", kNow);
  cache.put("alice", "m1", summary("m1"), kNow);

  EXPECT_TRUE(cache.find("alice", "m1", kNow + std::chrono::seconds(299)));
  EXPECT_FALSE(cache.find("alice", "m1", kNow + std::chrono::seconds(300)));
  EXPECT_EQ(cache.as_of("alice", kNow + std::chrono::seconds(300)), "");
}

TEST(MessageCache, StaysWithinItsLimits) {
  MessageCacheLimits limits;
  limits.entries_max = 3;
  MessageCache cache(limits);
  for (int i = 0; i < 10; ++i) cache.put("alice", std::to_string(i), summary("x"), kNow);
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_TRUE(cache.find("alice", "9", kNow));
  EXPECT_FALSE(cache.find("alice", "6", kNow));

  limits = MessageCacheLimits();
  limits.bytes_max = 5'000;
  limits.users_max = 4;
  MessageCache small(limits);
  for (int i = 0; i < 100; ++i)
    small.put(std::to_string(i), "m", summary("m", 500), kNow + std::chrono::seconds(i));
  EXPECT_LE(small.bytes(), 5'000u);
  EXPECT_LE(small.size(), 4u);
  for (int i = 0; i < 100; ++i) small.forget_user(std::to_string(i));
  EXPECT_EQ(small.bytes(), 0u);
}

TEST(MessageCache, NeverClaimsToBeNewerThanItsOldestEntry) {
  MessageCache cache;
  cache.begin("alice", "1000", kNow);
  cache.put("alice", "m1", summary("m1"), kNow);
  cache.begin("alice", "999", kNow);
  EXPECT_EQ(cache.as_of("alice", kNow), "999");
  cache.begin("alice", "2000", kNow);
  EXPECT_EQ(cache.as_of("alice", kNow), "999");
  cache.confirm("alice", "18446744073709551617");  // beyond 64 bits
  EXPECT_EQ(cache.as_of("alice", kNow), "18446744073709551617");
}

TEST(MessageCache, KeepsLabelNames) {
  MessageCache cache;
  cache.put_labels("alice", {{"Label_1", "Ops"}}, kNow);

  ASSERT_TRUE(cache.labels("alice", kNow));
  EXPECT_EQ(cache.labels("alice", kNow)->at("Label_1"), "Ops");
  EXPECT_FALSE(cache.labels("bob", kNow));
  EXPECT_FALSE(cache.labels("alice", kNow + std::chrono::seconds(301)));
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
