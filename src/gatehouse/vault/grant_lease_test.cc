// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using testing::refusal_of;
using testing::World;
using Fault = testing::FaultyStore::Fault;

class GrantLease : public ::testing::Test {
 protected:
  GrantLease() { tokens = world.sign_in(); }

  LiveGrant live(testing::Replica& replica) {
    auto grant = world.await(replica.vault.authenticate(tokens.access_token.reveal()));
    EXPECT_TRUE(grant);
    return **grant;
  }
  auto lease(testing::Replica& replica, const LiveGrant& grant, const std::string& owner) {
    return world.await(replica.vault.lease_upstream(grant, tokens.access_token.reveal(), owner,
                                                    world.clock.now() + 15s));
  }
  auto save(testing::Replica& replica, const LiveGrant& grant, const std::string& google_token) {
    const UpstreamCredentials upstream = testing::sample_upstream(world.clock, google_token, "");
    return world.await(replica.vault.save_upstream(grant, tokens.access_token.reveal(), upstream));
  }
  std::string google_token() {
    const LiveGrant grant = live(world.replica);
    auto opened = world.await(world.vault().open_upstream(grant, tokens.access_token.reveal()));
    EXPECT_TRUE(opened);
    return opened ? std::string(opened->access_token.reveal()) : std::string();
  }

  World world;
  testing::Replica other{world.store, world.clock};
  IssuedTokens tokens;
};

TEST_F(GrantLease, IsOnesUntilItEndsAndThenAnybodys) {
  const LiveGrant grant = live(world.replica);
  auto mine = lease(world.replica, grant, "a");
  ASSERT_TRUE(mine);
  EXPECT_TRUE(mine->ours);
  EXPECT_EQ(world.row("GRANT#")->text("leaseOwner"), "a");

  world.clock.advance(14s);
  auto theirs = lease(other, live(other), "b");
  ASSERT_TRUE(theirs);
  EXPECT_FALSE(theirs->ours);
  EXPECT_EQ(theirs->until, testing::kStart + 15s);

  world.clock.advance(1s);
  auto now = lease(other, theirs->grant, "b");
  ASSERT_TRUE(now);
  EXPECT_TRUE(now->ours);
  EXPECT_EQ(world.row("GRANT#")->text("leaseOwner"), "b");
}

TEST_F(GrantLease, IsRenewedByItsOwner) {
  auto first = lease(world.replica, live(world.replica), "a");
  ASSERT_TRUE(first && first->ours);
  auto again = lease(world.replica, first->grant, "a");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->ours);
}

TEST_F(GrantLease, GoesToOneOfManyWhoAskAtOnce) {
  const LiveGrant grant = live(world.replica);
  world.store.yielding = true;
  const std::string names[] = {"a", "b", "c", "d", "e", "f"};
  const base::SystemTime until = world.clock.now() + 15s;
  std::vector<VaultTask<UpstreamLease>> asking;
  for (const std::string& name : names) {
    asking.push_back(
        world.vault().lease_upstream(grant, tokens.access_token.reveal(), name, until));
  }
  auto answers = testing::run_all(world.loop, std::move(asking));
  int owners = 0;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer);
    owners += answer->ours ? 1 : 0;
  }
  EXPECT_EQ(owners, 1);
}

TEST_F(GrantLease, EndsWhenWhatWasRefreshedIsSaved) {
  auto mine = lease(world.replica, live(world.replica), "a");
  ASSERT_TRUE(mine);
  ASSERT_TRUE(save(world.replica, mine->grant, "ya29.renewed"));
  EXPECT_FALSE(world.row("GRANT#")->has("leaseOwner"));
  EXPECT_FALSE(world.row("GRANT#")->has("leaseUntil"));
  EXPECT_EQ(google_token(), "ya29.renewed");
}

TEST_F(GrantLease, IsNotGivenOverNewerCredentials) {
  const LiveGrant before = live(other);
  ASSERT_TRUE(save(world.replica, live(world.replica), "ya29.renewed"));

  auto late = lease(other, before, "b");

  ASSERT_TRUE(late);
  EXPECT_FALSE(late->ours);
  EXPECT_EQ(late->until, world.clock.now());
  EXPECT_FALSE(world.row("GRANT#")->has("leaseOwner"));
}

// I5: whoever saves first wins, lease or none.
TEST_F(GrantLease, DecidesNothing) {
  const LiveGrant without = live(other);
  auto mine = lease(world.replica, live(world.replica), "a");
  ASSERT_TRUE(mine && mine->ours);

  ASSERT_TRUE(save(other, without, "ya29.without-lease"));

  EXPECT_EQ(refusal_of(save(world.replica, mine->grant, "ya29.with-lease")), Refused::unavailable);
  EXPECT_EQ(google_token(), "ya29.without-lease");
}

TEST_F(GrantLease, IsGivenBackByItsOwnerOnly) {
  auto mine = lease(world.replica, live(world.replica), "a");
  ASSERT_TRUE(mine);
  const auto give_back = [&](const std::string& owner) {
    return world.await(
        world.vault().return_lease(mine->grant, tokens.access_token.reveal(), owner));
  };
  EXPECT_TRUE(give_back("b"));
  EXPECT_TRUE(world.row("GRANT#")->has("leaseOwner"));
  EXPECT_TRUE(give_back("a"));
  EXPECT_FALSE(world.row("GRANT#")->has("leaseOwner"));
  EXPECT_TRUE(give_back("a"));
}

TEST_F(GrantLease, SurvivesARefreshOfOurTokens) {
  ASSERT_TRUE(lease(world.replica, live(world.replica), "a"));
  auto next = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(next);
  EXPECT_EQ(world.row("GRANT#")->text("leaseOwner"), "a");
  EXPECT_TRUE(world.authenticate(next->access_token));
}

TEST_F(GrantLease, IsBoundByTheSeal) {
  ASSERT_TRUE(lease(world.replica, live(world.replica), "a"));
  store::Record altered = *world.row("GRANT#");
  altered.attributes["leaseUntil"] = std::int64_t{1'900'000'000};
  world.plant(altered);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::tampered);
}

TEST_F(GrantLease, NeedsAShortNameAndALiveToken) {
  const LiveGrant grant = live(world.replica);
  EXPECT_EQ(refusal_of(lease(world.replica, grant, "")), Refused::malformed);
  EXPECT_EQ(refusal_of(lease(world.replica, grant, std::string(65, 'x'))), Refused::malformed);
  const std::string owner = "a";
  EXPECT_EQ(refusal_of(world.await(world.vault().lease_upstream(
                grant, tokens.refresh_token.reveal(), owner, world.clock.now() + 15s))),
            Refused::malformed);
}

// I13: whatever fails while leasing, the grant stays and can be leased afterwards.
TEST_F(GrantLease, IsKnownAfterALostAnswer) {
  for (const Fault fault : {Fault::before_commit, Fault::after_commit}) {
    for (int n = 1;; ++n) {
      SCOPED_TRACE(n);
      const LiveGrant grant = live(world.replica);
      world.store.fail_at(n, fault, false);
      auto mine = lease(world.replica, grant, "a");
      const bool failed = world.store.failed();
      world.store.heal();
      ASSERT_TRUE(mine);
      EXPECT_TRUE(mine->ours);
      EXPECT_EQ(*mine->grant.record, *world.row("GRANT#"));
      if (!failed) break;
    }
  }
}

}  // namespace
}  // namespace gatehouse::vault
