// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/sign_outs.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using testing::refusal_of;
using testing::World;

TEST(SignOuts, EndsAllGrantsOfAUserOnEveryReplicaAtOnce) {
  World world;
  testing::Replica other(world.store, world.clock);
  const IssuedTokens mine = world.sign_in("ann");
  const IssuedTokens also_mine = world.sign_in("ann");
  const IssuedTokens not_mine = world.sign_in("bob");
  ASSERT_TRUE(world.await(other.vault.authenticate(mine.access_token.reveal())));
  ASSERT_TRUE(world.authenticate(also_mine.access_token));
  ASSERT_TRUE(world.authenticate(not_mine.access_token));

  ASSERT_TRUE(world.await(world.vault().end_everything_of(base::UserId("ann"))));

  EXPECT_EQ(refusal_of(world.await(other.vault.authenticate(mine.access_token.reveal()))),
            Refused::ended);
  EXPECT_EQ(refusal_of(world.authenticate(also_mine.access_token)), Refused::ended);
  EXPECT_EQ(refusal_of(world.refresh(mine.refresh_token)), Refused::ended);
  EXPECT_TRUE(world.authenticate(not_mine.access_token));
}

TEST(SignOuts, LetsAUserSignInAgainAfterSigningOutEverywhere) {
  World world;
  const base::UserId user("ann");
  auto before = world.await(world.vault().epoch_of(user));
  ASSERT_TRUE(world.await(world.vault().end_everything_of(user)));
  const IssuedTokens tokens = world.sign_in("ann");
  EXPECT_TRUE(world.authenticate(tokens.access_token));
  auto first = world.await(world.vault().epoch_of(user));

  // Within the same second, too.
  ASSERT_TRUE(world.await(world.vault().end_everything_of(user)));

  auto second = world.await(world.vault().epoch_of(user));
  EXPECT_EQ(*before, 0);
  EXPECT_LT(*before, *first);
  EXPECT_LT(*first, *second);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::ended);
}

TEST(SignOuts, EndsGrantsMadeUnderARetiringTokenKey) {
  World world;
  const IssuedTokens tokens = world.sign_in("ann");
  std::vector<TokenKeys::Key> rotated = testing::keys_of(2, 'U');
  rotated.push_back(std::move(testing::keys_of(1, 'T')[0]));
  const TokenKeys keys(std::move(rotated));
  GrantVault vault(VaultOptions(), world.store, world.replica.data_keys, keys, world.clock,
                   world.replica.random, world.replica.log);
  ASSERT_TRUE(world.await(vault.authenticate(tokens.access_token.reveal())));
  auto refreshed = world.await(vault.refresh(tokens.refresh_token, {}));
  ASSERT_TRUE(refreshed);
  ASSERT_TRUE(world.await(vault.authenticate(refreshed->access_token.reveal())));

  ASSERT_TRUE(world.await(vault.end_everything_of(base::UserId("ann"))));

  EXPECT_EQ(refusal_of(world.await(vault.authenticate(refreshed->access_token.reveal()))),
            Refused::ended);
}

}  // namespace
}  // namespace gatehouse::vault
