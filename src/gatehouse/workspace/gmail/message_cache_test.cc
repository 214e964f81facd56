// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/message_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::workspace::gmail {
namespace {

constexpr base::SystemTime kNow{std::chrono::seconds(1'794'302'100)};

CacheOwner owner(const std::string& user) {
  return {user, "s", base::Secret::copy_of(std::string(32, 'k'))};
}

Summary summary(const std::string& id) {
  Summary s;
  s.id = id;
  s.thread_id = "t9";
  s.from_name = "Bob";
  s.from_address = "bob@acme.example";
  s.to = "alice@acme.example";
  s.cc = "carol@acme.example";
  s.subject =
      "Z\xC3\xBC"
      "ge";
  s.snippet = "the quarter";
  s.history_id = "18446744073709551617";
  s.label_ids = {"INBOX", "Label_7"};
  s.received = -1;
  s.size = 123'456'789'012;
  s.messages = 3;
  s.has_attachment = true;
  return s;
}

class MessageCacheTest : public testing::Test {
 protected:
  base::SeededRandom random{5};
  SealedCache sealed{random};
  MessageCache cache{sealed};
};

TEST_F(MessageCacheTest, GivesBackAllOfASummary) {
  const Summary put = summary("m1");
  cache.put(owner("alice"), "m1", put, kNow);

  const auto got = cache.find(owner("alice"), "m1", kNow);
  ASSERT_TRUE(got);
  for (const auto member :
       {&Summary::id, &Summary::thread_id, &Summary::from_name, &Summary::from_address,
        &Summary::to, &Summary::cc, &Summary::subject, &Summary::snippet, &Summary::history_id})
    EXPECT_EQ((*got).*member, put.*member);
  EXPECT_EQ(got->label_ids, put.label_ids);
  EXPECT_EQ(got->received, put.received);
  EXPECT_EQ(got->size, put.size);
  EXPECT_EQ(got->messages, put.messages);
  EXPECT_TRUE(got->has_attachment);
  EXPECT_FALSE(cache.find(owner("bob"), "m1", kNow));
  EXPECT_FALSE(cache.find(owner("alice"), "m2", kNow));
}

TEST_F(MessageCacheTest, ForgetsAfterItsLifetime) {
  cache.begin(owner("alice"), "5", kNow);
  cache.put(owner("alice"), "m1", summary("m1"), kNow);
  EXPECT_EQ(cache.as_of(owner("alice"), kNow), "5");
  EXPECT_EQ(cache.as_of(owner("alice"), kNow + std::chrono::seconds(300)), "");
}

TEST_F(MessageCacheTest, NeverClaimsToBeNewerThanItsOldestEntry) {
  const CacheOwner alice = owner("alice");
  cache.begin(alice, "1000", kNow);
  cache.put(alice, "m1", summary("m1"), kNow);
  cache.begin(alice, "999", kNow);
  EXPECT_EQ(cache.as_of(alice, kNow), "999");
  cache.begin(alice, "2000", kNow);
  EXPECT_EQ(cache.as_of(alice, kNow), "999");
  cache.confirm(alice, "18446744073709551617", kNow);  // beyond 64 bits
  EXPECT_EQ(cache.as_of(alice, kNow), "18446744073709551617");
  cache.confirm(alice, "7", kNow);
  EXPECT_EQ(cache.as_of(alice, kNow), "18446744073709551617");
}

TEST_F(MessageCacheTest, KeepsLabelNames) {
  const LabelNames names{{"Label_1", "Ops"}, {"Label_2", "Reise/M\xC3\xBCnchen"}};
  cache.put_labels(owner("alice"), names, kNow);
  cache.put_labels(owner("bob"), {}, kNow);

  EXPECT_EQ(cache.labels(owner("alice"), kNow), names);
  EXPECT_EQ(cache.labels(owner("bob"), kNow), LabelNames());
  EXPECT_FALSE(cache.labels(owner("carol"), kNow));
  EXPECT_FALSE(cache.labels(owner("alice"), kNow + std::chrono::seconds(301)));
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
