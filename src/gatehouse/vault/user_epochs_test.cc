// SPDX-License-Identifier: Apache-2.0
//
// Sessions that somebody else has ended, up to a time.
#include "gatehouse/vault/user_epochs.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::refusal_of;
using testing::World;

const base::UserId kAnn("ann");

bool end_until(World& world, base::SystemTime until) {
  auto changed = world.await(world.vault().end_everything_until(kAnn, until));
  EXPECT_TRUE(changed) << changed.error().detail;
  return changed && *changed;
}

TEST(UserEpochs, EndsWhatWasSignedInByThenOnEveryReplicaAndNothingElse) {
  World world;
  testing::Replica other(world.store, world.clock);
  const IssuedTokens earlier = world.sign_in("ann");
  const IssuedTokens of_bob = world.sign_in("bob");
  ASSERT_TRUE(world.await(other.vault.authenticate(earlier.access_token.reveal())));
  ASSERT_TRUE(world.authenticate(earlier.access_token));
  world.clock.advance(seconds(10));
  const base::SystemTime until = world.clock.now();
  world.clock.advance(seconds(1));
  const IssuedTokens later = world.sign_in("ann");

  EXPECT_TRUE(end_until(world, until));

  EXPECT_EQ(refusal_of(world.await(other.vault.authenticate(earlier.access_token.reveal()))),
            Refused::ended);
  EXPECT_EQ(refusal_of(world.authenticate(earlier.access_token)), Refused::ended);
  EXPECT_EQ(refusal_of(world.refresh(earlier.refresh_token)), Refused::ended);
  EXPECT_TRUE(world.authenticate(later.access_token));
  EXPECT_TRUE(world.authenticate(of_bob.access_token));
}

TEST(UserEpochs, EndsWhatWasSignedInInTheSameSecond) {
  World world;
  const IssuedTokens tokens = world.sign_in("ann");

  EXPECT_TRUE(end_until(world, world.clock.now()));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::ended);
}

TEST(UserEpochs, EndsACodeThatIsNotRedeemedYet) {
  World world;
  const base::Secret code = world.new_code("ann");

  EXPECT_TRUE(end_until(world, world.clock.now()));

  EXPECT_EQ(refusal_of(world.redeem(code)), Refused::ended);
}

TEST(UserEpochs, TakesTheSameOrOlderNewsForNothing) {
  World world;
  world.sign_in("ann");
  const base::SystemTime until = world.clock.now();
  ASSERT_TRUE(end_until(world, until));
  const std::string written = world.row("USER#")->write_id;
  world.clock.advance(hours(1));
  const IssuedTokens later = world.sign_in("ann");

  EXPECT_FALSE(end_until(world, until));
  EXPECT_FALSE(end_until(world, until - seconds(5)));

  EXPECT_TRUE(world.authenticate(later.access_token));
  EXPECT_EQ(world.row("USER#")->write_id, written);
}

TEST(UserEpochs, WritesNothingForWhatIsOlderThanAnySession) {
  World world;

  EXPECT_FALSE(end_until(world, world.clock.now() - hours(168)));
  EXPECT_EQ(world.row("USER#"), nullptr);
  EXPECT_TRUE(end_until(world, world.clock.now() - hours(168) + seconds(1)));
}

TEST(UserEpochs, KeepsWhatItWritesForSevenDaysAfterTheEvent) {
  World world;

  ASSERT_TRUE(end_until(world, world.clock.now() - hours(100)));

  EXPECT_EQ(world.row("USER#")->ttl, base::epoch_seconds(world.clock.now() + hours(68)));
}

TEST(UserEpochs, KeepsASignOutEverywhere) {
  World world;
  const IssuedTokens first = world.sign_in("ann");
  ASSERT_TRUE(world.await(world.vault().end_everything_of(kAnn)));
  const std::int64_t ttl = world.row("USER#")->ttl;
  const IssuedTokens second = world.sign_in("ann");

  ASSERT_TRUE(end_until(world, world.clock.now() - hours(1)));

  EXPECT_EQ(refusal_of(world.authenticate(first.access_token)), Refused::ended);
  EXPECT_TRUE(world.authenticate(second.access_token));
  EXPECT_EQ(world.row("USER#")->ttl, ttl);
}

TEST(UserEpochs, IsKeptByASignOutEverywhere) {
  World world;
  const base::SystemTime until = world.clock.now() + hours(1);
  ASSERT_TRUE(end_until(world, until));
  ASSERT_TRUE(world.await(world.vault().end_everything_of(kAnn)));

  const auto within = world.await(world.vault().has_ended(kAnn, INT64_MAX, until));
  const auto after = world.await(world.vault().has_ended(kAnn, INT64_MAX, until + seconds(1)));

  ASSERT_TRUE(within && after);
  EXPECT_TRUE(*within);
  EXPECT_FALSE(*after);
}

// A grant outlives the record of the sign-out that went before it.
TEST(UserEpochs, LeavesAGrantAloneWhoseEpochWasForgotten) {
  World world;
  ASSERT_TRUE(world.await(world.vault().end_everything_of(kAnn)));
  world.clock.advance(hours(24));
  const IssuedTokens tokens = world.sign_in("ann");
  auto refreshed = world.refresh(tokens.refresh_token);
  world.clock.advance(hours(150));
  refreshed = world.refresh(refreshed->refresh_token);
  ASSERT_TRUE(refreshed);

  ASSERT_TRUE(end_until(world, world.clock.now() - hours(151)));

  EXPECT_TRUE(world.authenticate(refreshed->access_token));
}

// I4: what the record had ended is not known any more.
TEST(UserEpochs, EndsEverythingOverARecordThatDoesNotOpen) {
  World world;
  const IssuedTokens tokens = world.sign_in("ann");
  ASSERT_TRUE(world.await(world.vault().end_everything_of(kAnn)));
  store::Record broken = *world.row("USER#");
  std::get<std::string>(broken.attributes["commitment"])[0] ^= 1;
  world.plant(broken);
  world.clock.advance(seconds(5));

  EXPECT_TRUE(end_until(world, world.clock.now() - hours(5)));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::ended);
}

TEST(UserEpochs, SaysWhetherABrowserSessionHasEnded) {
  World world;
  const base::SystemTime now = world.clock.now();
  ASSERT_TRUE(end_until(world, now - seconds(60)));

  const auto earlier = world.await(world.vault().has_ended(kAnn, 0, now - seconds(60)));
  const auto later = world.await(world.vault().has_ended(kAnn, 0, now - seconds(59)));
  const auto other =
      world.await(world.vault().has_ended(base::UserId("bob"), 0, now - seconds(60)));

  ASSERT_TRUE(earlier && later && other);
  EXPECT_TRUE(*earlier);
  EXPECT_FALSE(*later);
  EXPECT_FALSE(*other);
}

TEST(UserEpochs, TellsWhoHoldsStreamsOfBothEnds) {
  World world;
  std::vector<base::UserId> told;
  std::vector<base::SystemTime> until;
  world.vault().when_ended([&](const std::vector<base::UserId>& users, base::SystemTime time) {
    told.insert(told.end(), users.begin(), users.end());
    until.push_back(time);
  });
  const base::SystemTime now = world.clock.now();

  ASSERT_TRUE(end_until(world, now));
  EXPECT_FALSE(end_until(world, now)) << "another replica may have written it";
  ASSERT_TRUE(world.await(world.vault().end_everything_of(kAnn)));

  EXPECT_EQ(told, std::vector<base::UserId>(3, world.vault().hashed(kAnn)));
  EXPECT_EQ(until, (std::vector<base::SystemTime>{now, now, base::SystemTime::max()}));
  world.store.fail_at(1, testing::FaultyStore::Fault::before_commit, true);
  EXPECT_FALSE(world.await(world.vault().end_everything_of(kAnn)));
  EXPECT_EQ(told.size(), 3U) << "nothing has ended";
}

TEST(UserEpochs, ChangesNothingWhenTheStoreFails) {
  World world;
  const IssuedTokens tokens = world.sign_in("ann");
  world.store.fail_at(1, testing::FaultyStore::Fault::before_commit, true);

  auto refused = world.await(world.vault().end_everything_until(kAnn, world.clock.now()));

  EXPECT_EQ(refusal_of(refused), Refused::unavailable);
  world.store.heal();
  EXPECT_TRUE(world.authenticate(tokens.access_token));
}

}  // namespace
}  // namespace gatehouse::vault
