// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/record_vault.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using testing::refusal_of;
using Fault = testing::FaultyStore::Fault;

VaultTask<Secret> open_and_take(RecordVault& vault, std::string key, const Secret& holder) {
  auto opened = co_await vault.open(key, holder);
  if (!opened) co_return opened.error();
  const auto taken = co_await vault.take(*opened);
  if (!taken) co_return taken.error();
  co_return std::move(opened->content);
}

class RecordVaultTest : public ::testing::Test {
 protected:
  auto create(const std::string& key, const std::string& text) {
    const Secret content = Secret::copy_of(text);
    return world.await(vault.create(key, content, world.clock.now() + 600s, cookie));
  }
  auto open(const std::string& key) { return world.await(vault.open(key, cookie)); }
  auto take(const std::string& key) { return world.await(open_and_take(vault, key, cookie)); }

  testing::World world;
  RecordVault vault{"gatehouse", world.store, world.replica.data_keys, world.clock,
                    world.replica.random};
  Secret cookie = Secret::copy_of("the browser's cookie");
  const Secret none{};
};

TEST_F(RecordVaultTest, OpensWhatItSealed) {
  ASSERT_TRUE(create("TXN#1", "verifier"));
  auto opened = open("TXN#1");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->content.reveal(), "verifier");
  const store::RecordPtr row = world.row("TXN#1");
  EXPECT_EQ(base::base64_decode(row->text("iv"))->size(), 12u);
  EXPECT_EQ(base::base64_decode(row->text("authTag"))->size(), 16u);
  EXPECT_EQ(row->ttl, base::epoch_seconds(world.clock.now() + 600s));
}

TEST_F(RecordVaultTest, OpensOnlyForWhoeverHoldsTheSecret) {
  ASSERT_TRUE(create("TXN#1", "verifier"));
  const Secret other = Secret::copy_of("another cookie");
  EXPECT_EQ(refusal_of(world.await(vault.open("TXN#1", other))), Refused::tampered);
  EXPECT_EQ(refusal_of(world.await(vault.open("TXN#1", none))), Refused::tampered);
  EXPECT_EQ(refusal_of(world.await(open_and_take(vault, "TXN#1", other))), Refused::tampered);
  EXPECT_TRUE(open("TXN#1")) << "trying changes nothing";
}

TEST_F(RecordVaultTest, SealsWithoutAHolderToo) {
  const Secret content = Secret::copy_of("client");
  ASSERT_TRUE(world.await(vault.create("CLIENT#1", content, world.clock.now() + 1h, none)));
  EXPECT_TRUE(world.await(vault.open("CLIENT#1", none)));
  EXPECT_FALSE(world.await(vault.open("CLIENT#1", cookie)));
}

// ST-07
TEST_F(RecordVaultTest, NeverCreatesOverAnother) {
  ASSERT_TRUE(create("TXN#1", "first"));
  EXPECT_EQ(refusal_of(create("TXN#1", "second")), Refused::replayed);
  EXPECT_EQ(open("TXN#1")->content.reveal(), "first");
}

// TM-06
TEST_F(RecordVaultTest, IsGoneFromTheSecondItExpires) {
  ASSERT_TRUE(create("TXN#1", "verifier"));
  world.clock.advance(599s);
  EXPECT_TRUE(open("TXN#1"));
  world.clock.advance(1s);
  EXPECT_EQ(refusal_of(open("TXN#1")), Refused::unknown);
  EXPECT_EQ(refusal_of(take("TXN#1")), Refused::unknown);
}

// VA-05, VA-08, VA-17
TEST_F(RecordVaultTest, RefusesWhatWasAltered) {
  ASSERT_TRUE(create("TXN#1", "one"));
  ASSERT_TRUE(create("TXN#2", "two"));
  const store::Record good = *world.row("TXN#1");
  std::vector<std::pair<const char*, store::Record>> cases;
  const auto add = [&](const char* name, auto change) {
    store::Record altered = good;
    change(altered);
    cases.emplace_back(name, altered);
  };
  add("ttl", [](auto& row) { row.ttl += 1; });
  add("version", [](auto& row) { row.version = 2; });
  add("suite", [](auto& row) { row.attributes["suite"] = std::int64_t{1}; });
  add("generation", [](auto& row) { row.generation += 1; });
  add("attribute", [](auto& row) { row.attributes["more"] = std::string("x"); });
  add("content of another", [&](auto& row) { row.attributes = world.row("TXN#2")->attributes; });
  for (const auto& [name, altered] : cases) {
    SCOPED_TRACE(name);
    world.plant(altered);
    EXPECT_EQ(refusal_of(open("TXN#1")), Refused::tampered);
    EXPECT_EQ(*world.row("TXN#1"), altered) << "the row is kept";
  }
  store::Record renamed = good;
  renamed.key = "CLIENT#1";
  world.plant(renamed);
  EXPECT_EQ(refusal_of(open("CLIENT#1")), Refused::tampered);
}

// I2
TEST_F(RecordVaultTest, LetsOneTakeIt) {
  ASSERT_TRUE(create("TXN#1", "verifier"));
  world.store.yielding = true;
  const std::string key = "TXN#1";
  std::vector<VaultTask<Secret>> takers;
  for (int i = 0; i < 10; ++i) takers.push_back(open_and_take(vault, key, cookie));

  auto results = testing::run_all(world.loop, std::move(takers));

  int winners = 0;
  for (const auto& result : results) winners += result ? 1 : 0;
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(world.row("TXN#1"), nullptr);
}

// I2: the second trip to Google has the key of the first.
TEST_F(RecordVaultTest, WhoOpenedARecordDoesNotTakeTheNextOfItsName) {
  ASSERT_TRUE(create("TXN#1", "first trip"));
  const auto seen = open("TXN#1");
  ASSERT_TRUE(take("TXN#1"));
  ASSERT_TRUE(create("TXN#1", "second trip"));

  EXPECT_EQ(refusal_of(world.await(vault.take(*seen))), Refused::unknown);

  EXPECT_EQ(take("TXN#1")->reveal(), "second trip");
}

// I2, ST-03: never twice; and with one fault, lost answer or not, never nobody.
TEST_F(RecordVaultTest, IsTakenExactlyOnceWhicheverCallFails) {
  for (const auto fault : {Fault::before_commit, Fault::after_commit}) {
    for (int n = 1;; ++n) {
      SCOPED_TRACE(n);
      const std::string key = "TXN#" + std::to_string(int(fault)) + std::to_string(n);
      ASSERT_TRUE(create(key, "verifier"));
      world.store.fail_at(n, fault, false);

      auto first = take(key);
      const bool failed = world.store.failed();
      world.store.heal();
      auto second = take(key);

      EXPECT_NE(bool(first), bool(second));
      if (!failed) {
        EXPECT_TRUE(first);
        break;
      }
    }
  }
}

TEST_F(RecordVaultTest, IsTakenAtMostOnceWhenTheStoreStaysDown) {
  for (const auto fault : {Fault::before_commit, Fault::after_commit}) {
    for (int n = 1; n < 6; ++n) {
      SCOPED_TRACE(n);
      const std::string key = "TXN#" + std::to_string(int(fault)) + std::to_string(n);
      ASSERT_TRUE(create(key, "verifier"));
      world.store.fail_at(n, fault, true);
      auto first = take(key);
      world.store.heal();
      auto second = take(key);
      EXPECT_FALSE(first && second);
    }
  }
}

TEST_F(RecordVaultTest, KnowsThatItTookARecordAfterALostAnswer) {
  ASSERT_TRUE(create("TXN#1", "verifier"));
  world.store.fail_at(2, Fault::after_commit, false);

  auto taken = take("TXN#1");

  ASSERT_TRUE(taken) << taken.error().detail;
  EXPECT_EQ(taken->reveal(), "verifier");
  world.store.heal();
  EXPECT_EQ(refusal_of(take("TXN#1")), Refused::unknown);
  EXPECT_EQ(world.row("TXN#1"), nullptr) << "nothing stays";
}

// What is left when the tombstone cannot be removed: nothing that opens, and not for long.
TEST_F(RecordVaultTest, LeavesATombstoneOfTwoMinutesAtMost) {
  ASSERT_TRUE(create("TXN#1", "verifier"));
  world.store.fail_at(3, Fault::before_commit, false);
  ASSERT_TRUE(take("TXN#1"));
  EXPECT_TRUE(world.store.failed());
  world.store.heal();

  const store::RecordPtr left = world.row("TXN#1");
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(left->ttl, base::epoch_seconds(world.clock.now() + 120s));
  EXPECT_EQ(refusal_of(open("TXN#1")), Refused::unknown);
  EXPECT_EQ(refusal_of(take("TXN#1")), Refused::unknown);
  world.clock.advance(120s);
  EXPECT_EQ(world.row("TXN#1"), nullptr);
}

TEST_F(RecordVaultTest, ReplacesWhatItOpened) {
  ASSERT_TRUE(create("TXN#1", "before"));
  auto opened = open("TXN#1");
  auto stale = open("TXN#1");
  const Secret after = Secret::copy_of("after");
  const base::SystemTime later = world.clock.now() + 900s;

  ASSERT_TRUE(world.await(vault.replace(*opened, after, later, cookie)));

  EXPECT_EQ(open("TXN#1")->content.reveal(), "after");
  EXPECT_EQ(refusal_of(world.await(vault.replace(*stale, after, later, cookie))),
            Refused::unavailable);
  ASSERT_TRUE(world.await(vault.remove("TXN#1")));
  EXPECT_FALSE(world.await(vault.replace(*opened, after, later, cookie)));
  EXPECT_EQ(world.row("TXN#1"), nullptr) << "a late write brings nothing back";
}

TEST_F(RecordVaultTest, RemovesAndDoesNotMindAbsence) {
  ASSERT_TRUE(create("TXN#1", "x"));
  EXPECT_TRUE(world.await(vault.remove("TXN#1")));
  EXPECT_TRUE(world.await(vault.remove("TXN#1")));
  EXPECT_EQ(refusal_of(open("TXN#1")), Refused::unknown);
}

TEST_F(RecordVaultTest, RecognisesItsOwnCreationAfterALostAnswer) {
  world.store.fail_at(1, testing::FaultyStore::Fault::after_commit, false);
  EXPECT_TRUE(create("TXN#1", "verifier"));
  world.store.heal();
  EXPECT_TRUE(open("TXN#1"));
}

TEST_F(RecordVaultTest, SaysWhenStoreOrKeyServiceFails) {
  ASSERT_TRUE(create("TXN#1", "x"));
  world.store.fail_at(1, testing::FaultyStore::Fault::before_commit, true);
  EXPECT_EQ(refusal_of(open("TXN#1")), Refused::unavailable);
  EXPECT_EQ(refusal_of(create("TXN#2", "x")), Refused::unavailable);
  EXPECT_EQ(refusal_of(take("TXN#1")), Refused::unavailable);
  EXPECT_EQ(refusal_of(world.await(vault.remove("TXN#1"))), Refused::unavailable);
  world.store.heal();

  testing::Replica cold(world.store, world.clock);
  cold.faulty_keys.failure = base::Error{base::Errc::unavailable, "down"};
  RecordVault other("gatehouse", world.store, cold.data_keys, world.clock, cold.random);
  EXPECT_EQ(refusal_of(world.await(other.open("TXN#1", cookie))), Refused::unavailable);
  EXPECT_TRUE(open("TXN#1"));
}

}  // namespace
}  // namespace gatehouse::vault
