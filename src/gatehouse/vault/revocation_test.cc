// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/revocation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using testing::refusal_of;
using testing::sample_upstream;
using testing::World;

TEST(Revocation, EndsAGrantWhoseGoogleCredentialWasRefused) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);

  ASSERT_TRUE(world.await(world.vault().end_grant(*live)));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::unknown);
}

TEST(Revocation, KeepsAGrantThatHoldsANewerCredentialThanTheRefusedOne) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  const UpstreamCredentials newer = sample_upstream(world.clock, "ya29.newer", "1//newer");
  ASSERT_TRUE(world.await(world.vault().save_upstream(*live, tokens.access_token.reveal(), newer)));

  ASSERT_TRUE(world.await(world.vault().end_grant(*live)));

  EXPECT_TRUE(world.authenticate(tokens.access_token));
}

// I4: what is left of an ended grant holds nothing, and no late write replaces it.
TEST(Revocation, LeavesATombstoneThatLateWritesDoNotReplace) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  const store::Record before = *world.row("GRANT#");
  ASSERT_TRUE(
      world.await(world.vault().revoke_token(tokens.refresh_token, base::ClientId("client-one"))));

  const UpstreamCredentials late = sample_upstream(world.clock);
  EXPECT_EQ(refusal_of(world.await(
                world.vault().save_upstream(*live, tokens.access_token.reveal(), late))),
            Refused::unknown);
  store::Record again = before;
  EXPECT_FALSE(world.await(world.store.create(again)));

  const store::RecordPtr tombstone = world.row("GRANT#");
  ASSERT_NE(tombstone, nullptr);
  EXPECT_TRUE(tombstone->has("ended"));
  EXPECT_FALSE(tombstone->has("at"));
  EXPECT_FALSE(tombstone->has("sub"));
  EXPECT_TRUE(tombstone->text("encryptedData").empty());
  EXPECT_EQ(tombstone->ttl, base::epoch_seconds(world.clock.now() + 24h));
}

TEST(Revocation, EndsAGrantEvenWhileTheKeyServiceIsDown) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  world.clock.advance(30h);  // past the sealing key and its overtime
  world.replica.faulty_keys.failure = base::Error{base::Errc::unavailable, "down"};

  ASSERT_TRUE(
      world.await(world.vault().revoke_token(tokens.refresh_token, base::ClientId("client-one"))));

  EXPECT_EQ(world.row("GRANT#"), nullptr);
  EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::unknown);
}

// RF-11
TEST(Revocation, RevokesOneAccessTokenAndNothingElse) {
  World world;
  const IssuedTokens first = world.sign_in();
  auto second = world.refresh(first.refresh_token);
  ASSERT_TRUE(second);
  ASSERT_TRUE(world.authenticate(first.access_token));

  const base::ClientId owner("client-one");
  const auto revoked = world.await(world.vault().revoke_token(first.access_token, owner));
  ASSERT_TRUE(revoked);
  EXPECT_EQ(*revoked, Revoked::token);
  const auto again = world.await(world.vault().revoke_token(first.access_token, owner));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, Revoked::nothing);

  EXPECT_EQ(refusal_of(world.authenticate(first.access_token)), Refused::unknown);
  EXPECT_TRUE(world.authenticate(second->access_token));
  EXPECT_TRUE(world.refresh(second->refresh_token));
}

// RF-12, RF-15
TEST(Revocation, LetsNobodyRevokeWhatIsNotTheirs) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const base::ClientId stranger("client-two");
  const base::ClientId owner("client-one");
  const Secret garbage = Secret::copy_of("gth_r_" + std::string(92, 'A'));
  const Secret huge = Secret::copy_of(std::string(100'000, 'x'));

  const auto revoke = [&world](const Secret& token, const base::ClientId& client) {
    const auto revoked = world.await(world.vault().revoke_token(token, client));
    EXPECT_TRUE(revoked);
    return revoked ? *revoked : Revoked::grant;
  };
  EXPECT_EQ(revoke(tokens.refresh_token, stranger), Revoked::nothing);
  EXPECT_EQ(revoke(tokens.access_token, stranger), Revoked::nothing);
  EXPECT_EQ(revoke(garbage, owner), Revoked::nothing);
  EXPECT_EQ(revoke(huge, owner), Revoked::nothing);

  EXPECT_TRUE(world.authenticate(tokens.access_token));
  EXPECT_TRUE(world.refresh(tokens.refresh_token));
  EXPECT_EQ(revoke(tokens.refresh_token, owner), Revoked::grant);
}

}  // namespace
}  // namespace gatehouse::vault
