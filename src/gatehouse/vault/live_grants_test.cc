// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/live_grants.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using testing::refusal_of;
using testing::World;

TEST(LiveGrants, AuthenticatesWithOneReadOnceTheUserIsKnown) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  ASSERT_TRUE(world.authenticate(tokens.access_token));
  const int calls = world.store.calls;
  const int unwrapped = world.replica.faulty_keys.unwrapped;

  ASSERT_TRUE(world.authenticate(tokens.access_token));

  EXPECT_EQ(world.store.calls - calls, 1);
  EXPECT_EQ(world.replica.faulty_keys.unwrapped, unwrapped);
}

TEST(LiveGrants, LooksNothingUpForATokenThatIsNotOurs) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const std::string good(tokens.access_token.reveal());
  std::string altered = good;
  altered[90] = altered[90] == 'A' ? 'B' : 'A';
  const std::string refresh(tokens.refresh_token.reveal());
  const struct {
    const char* name;
    std::string token;
  } cases[] = {
      {"empty", ""},
      {"of Google", "ya29.a0AfH6SMBx"},
      {"too short", good.substr(0, 97)},
      {"too long", good + "A"},
      {"padded", good.substr(0, 97) + "="},
      {"standard alphabet", good.substr(0, 97) + "+"},
      {"altered", altered},
      {"a refresh token", refresh},
      {"a refresh token under the prefix of an access token", "gth_a_" + refresh.substr(6)},
      {"64 KB", "gth_a_" + std::string(65536, 'A')},
      {"not ASCII", "gth_a_" + std::string(92, '\xE9')},
      {"NUL", "gth_a_" + std::string(92, '\0')},
  };
  const int calls = world.store.calls;

  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Secret token = Secret::copy_of(c.token);
    EXPECT_EQ(refusal_of(world.authenticate(token)), Refused::malformed);
    EXPECT_EQ(refusal_of(world.await(world.vault().open_code(token))), Refused::malformed);
  }

  EXPECT_EQ(world.store.calls, calls);
}

TEST(LiveGrants, RefusesTokensOfAnotherDeployment) {
  World theirs;
  const IssuedTokens tokens = theirs.sign_in();
  const TokenKeys our_keys(testing::keys_of(1, 'X'));
  GrantVault ours(VaultOptions(), theirs.store, theirs.replica.data_keys, our_keys, theirs.clock,
                  theirs.replica.random, theirs.replica.log);

  auto result = theirs.await(ours.authenticate(tokens.access_token.reveal()));

  EXPECT_EQ(refusal_of(result), Refused::malformed);
}

// TM-06
TEST(LiveGrants, RefusesAnAccessTokenFromTheSecondItExpires) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  world.clock.advance(3599s);
  EXPECT_TRUE(world.authenticate(tokens.access_token));
  world.clock.advance(1s);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::expired);
}

// VA-19: a proof from a moment ago authorises nothing.
TEST(LiveGrants, AsksTheStoreBeforeEveryAnswer) {
  World world;
  testing::Replica other(world.store, world.clock);
  const IssuedTokens tokens = world.sign_in();
  ASSERT_TRUE(world.authenticate(tokens.access_token));
  ASSERT_TRUE(world.authenticate(tokens.access_token));

  ASSERT_TRUE(
      world.await(other.vault.revoke_token(tokens.refresh_token, base::ClientId("client-one"))));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::unknown);
}

// I6
TEST(LiveGrants, KeepsUsersApart) {
  World world;
  const IssuedTokens ann = world.sign_in("ann");
  const IssuedTokens bob = world.sign_in("bob");
  auto live = world.authenticate(ann.access_token);
  ASSERT_TRUE(live);

  auto crossed = world.await(world.vault().open_upstream(*live, bob.access_token.reveal()));

  EXPECT_EQ(refusal_of(crossed), Refused::unknown);
}

// VA-19: a proof is no better than the key it was made with.
TEST(LiveGrants, ForgetsProofsOfATokenKeyThatIsGone) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  ASSERT_TRUE(world.authenticate(tokens.access_token));
  ASSERT_TRUE(world.authenticate(tokens.access_token));

  world.replica.token_keys.adopt(testing::keys_of(2, 'U'));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::malformed);
  EXPECT_TRUE(world.authenticate(world.sign_in().access_token));
}

}  // namespace
}  // namespace gatehouse::vault
