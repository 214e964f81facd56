// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/sealed_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr base::SystemTime kNow{seconds(1'794'302'100)};

CacheOwner owner(const std::string& user, const std::string& session = "s", char key = 'k') {
  return {user, session, base::Secret::copy_of(std::string(32, key))};
}

class SealedCacheTest : public testing::Test {
 protected:
  std::string found(const CacheOwner& who, const std::string& key, base::SystemTime now = kNow) {
    const auto content = cache.find(who, key, now);
    return content ? std::string(content->reveal()) : "(none)";
  }

  base::SeededRandom random{3};
  SealedCache cache{random};
};

TEST_F(SealedCacheTest, GivesBackToItsOwnerWhatItKept) {
  cache.put(owner("alice"), "m1", "words", kNow);
  cache.put(owner("alice"), "m2", "", kNow);
  EXPECT_EQ(found(owner("alice"), "m1"), "words");
  EXPECT_EQ(found(owner("alice"), "m2"), "");
  EXPECT_EQ(found(owner("alice"), "m3"), "(none)");
  EXPECT_EQ(found(owner("bob"), "m1"), "(none)");
  EXPECT_EQ(found(owner("alice", "other session"), "m1"), "(none)");
  cache.put(owner("alice"), "m1", "other words", kNow);
  EXPECT_EQ(found(owner("alice"), "m1"), "other words");
  EXPECT_EQ(cache.size(), 2u);
}

TEST_F(SealedCacheTest, WhatLiesInMemoryTellsNothing) {
  cache.put(owner("alice"), "m1", "the merger is off", kNow);
  cache.put(owner("alice"), "m2", "the merger is off", kNow);
  const std::string memory = cache.content_at_rest();
  EXPECT_GT(memory.size(), 2 * 17u);
  EXPECT_THAT(memory, Not(HasSubstr("merger")));
  EXPECT_NE(memory.substr(0, memory.size() / 2), memory.substr(memory.size() / 2));
}

TEST_F(SealedCacheTest, OpensOnlyUnderTheKeyItWasSealedUnder) {
  cache.put(owner("alice", "s", 'k'), "m1", "words", kNow);
  EXPECT_EQ(found(owner("alice", "s", 'j'), "m1"), "(none)");
  EXPECT_EQ(found(owner("alice", "s", 'k'), "m1"), "words");
}

TEST_F(SealedCacheTest, ForgetsAfterItsLifetime) {
  cache.put(owner("alice"), "m1", "words", kNow);
  EXPECT_EQ(found(owner("alice"), "m1", kNow + seconds(299)), "words");
  EXPECT_EQ(found(owner("alice"), "m1", kNow + seconds(300)), "(none)");
  cache.put(owner("bob"), "m1", "words", kNow + seconds(300));
  EXPECT_EQ(cache.size(), 1u);
}

TEST_F(SealedCacheTest, TheOldestMakesRoom) {
  SealedCacheLimits limits;
  limits.entries_max = 3;
  SealedCache few(random, limits);
  for (int i = 0; i < 10; ++i) few.put(owner("alice"), std::to_string(i), "x", kNow);
  EXPECT_EQ(few.size(), 3u);
  EXPECT_TRUE(few.find(owner("alice"), "9", kNow));
  EXPECT_FALSE(few.find(owner("alice"), "6", kNow));

  limits = SealedCacheLimits();
  limits.bytes_max = 5'000;
  limits.entry_bytes_max = 600;
  limits.owners_max = 4;
  SealedCache small(random, limits);
  for (int i = 0; i < 100; ++i)
    small.put(owner(std::to_string(i)), "m", std::string(500, 'x'), kNow + seconds(i));
  EXPECT_LE(small.bytes(), 5'000u);
  EXPECT_EQ(small.size(), 4u);
  small.put(owner("99"), "large", std::string(601, 'x'), kNow + seconds(100));
  EXPECT_FALSE(small.find(owner("99"), "large", kNow + seconds(100)));
  for (int i = 0; i < 100; ++i) small.forget_owner(owner(std::to_string(i)));
  EXPECT_EQ(small.bytes(), 0u);
}

TEST_F(SealedCacheTest, ForgetsInAllSessionsOfAPersonAndInNoOthers) {
  for (const char* session : {"s", "t"}) cache.put(owner("al", session), "m1", "words", kNow);
  cache.put(owner("alice"), "m1", "words", kNow);
  cache.forget("al", "m1");
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(found(owner("alice"), "m1"), "words");
}

TEST_F(SealedCacheTest, ANoteGoesWithTheLastEntry) {
  cache.set_note(owner("alice"), "17", kNow);
  EXPECT_EQ(cache.note(owner("alice"), kNow), "");
  cache.put(owner("alice"), "m1", "words", kNow);
  EXPECT_EQ(cache.note(owner("alice"), kNow), "17");
  EXPECT_EQ(cache.note(owner("bob"), kNow), "");
  EXPECT_EQ(cache.note(owner("alice"), kNow + seconds(300)), "");
  cache.forget("alice", "m1");
  cache.put(owner("alice"), "m2", "words", kNow);
  EXPECT_EQ(cache.note(owner("alice"), kNow), "");
}

TEST(CacheOwnerOf, FollowsFromTheTokenAndThePerson) {
  ToolStage stage;
  std::vector<CacheOwner> owners;
  const auto ask = [&](google::TokenSource& tokens) {
    auto owner = http::await_for_test(stage.loop, cache_owner(tokens));
    ASSERT_TRUE(owner);
    owners.push_back(std::move(*owner));
  };
  ask(stage.alice.tokens());
  ask(stage.alice.tokens());
  ask(stage.bob.tokens());
  ASSERT_EQ(owners.size(), 3u);
  EXPECT_EQ(owners[0].key.size(), 32u);
  EXPECT_EQ(owners[0].key.reveal(), owners[1].key.reveal());
  EXPECT_EQ(owners[0].session, owners[1].session);
  EXPECT_NE(owners[0].key.reveal(), owners[2].key.reveal());
  EXPECT_NE(owners[0].session, owners[2].session);
  EXPECT_THAT(owners[0].session, Not(HasSubstr("alice")));
}

}  // namespace
}  // namespace gatehouse::workspace
