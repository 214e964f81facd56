// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/held_upstream.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using testing::refusal_of;
using testing::sample_upstream;
using testing::World;

// I5, and the refresh token that Google leaves out.
TEST(HeldUpstream, KeepsTheOldGoogleRefreshTokenWhenNoneComes) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  const UpstreamCredentials renewed = sample_upstream(world.clock, "ya29.renewed", "");

  auto saved =
      world.await(world.vault().save_upstream(*live, tokens.access_token.reveal(), renewed));

  ASSERT_TRUE(saved) << saved.error().detail;
  auto upstream = world.await(world.vault().open_upstream(*saved, tokens.access_token.reveal()));
  ASSERT_TRUE(upstream);
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.renewed");
  EXPECT_EQ(upstream->refresh_token.reveal(), "1//canary-refresh");
  auto again = world.authenticate(tokens.access_token);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->record, *saved->record);
}

// I5
TEST(HeldUpstream, NeverReplacesANewerGoogleCredential) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  const UpstreamCredentials newer = sample_upstream(world.clock, "ya29.newer", "1//newer");
  const UpstreamCredentials older = sample_upstream(world.clock, "ya29.older", "1//older");
  const std::string_view token = tokens.access_token.reveal();
  ASSERT_TRUE(world.await(world.vault().save_upstream(*live, token, newer)));

  EXPECT_EQ(refusal_of(world.await(world.vault().save_upstream(*live, token, older))),
            Refused::unavailable);

  auto now = world.authenticate(tokens.access_token);
  auto upstream = world.await(world.vault().open_upstream(*now, token));
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.newer");
}

TEST(HeldUpstream, SavesGooglesTokenAcrossARefreshOfOurs) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  auto next = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(next);
  const UpstreamCredentials renewed = sample_upstream(world.clock, "ya29.renewed", "");

  auto saved =
      world.await(world.vault().save_upstream(*live, tokens.access_token.reveal(), renewed));

  ASSERT_TRUE(saved) << saved.error().detail;
  auto now = world.authenticate(next->access_token);
  ASSERT_TRUE(now) << now.error().detail;
  auto upstream = world.await(world.vault().open_upstream(*now, next->access_token.reveal()));
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.renewed");
  EXPECT_TRUE(world.refresh(next->refresh_token));
}

TEST(HeldUpstream, SavesGooglesTokenEvenWhenTheAccessTokenWasReplacedMeanwhile) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  IssuedTokens latest;
  latest.refresh_token = tokens.refresh_token.clone();
  for (int i = 0; i < 5; ++i) {
    auto next = world.refresh(latest.refresh_token);
    ASSERT_TRUE(next);
    latest = std::move(*next);
  }
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::unknown);
  const UpstreamCredentials renewed = sample_upstream(world.clock, "ya29.renewed", "1//rotated");

  ASSERT_TRUE(
      world.await(world.vault().save_upstream(*live, tokens.access_token.reveal(), renewed)));

  auto now = world.authenticate(latest.access_token);
  auto upstream = world.await(world.vault().open_upstream(*now, latest.access_token.reveal()));
  EXPECT_EQ(upstream->refresh_token.reveal(), "1//rotated");
}

}  // namespace
}  // namespace gatehouse::vault
