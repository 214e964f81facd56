// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/code_redemption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using ::testing::HasSubstr;
using testing::refusal_of;
using testing::World;

TEST(CodeRedemption, GivesTheTermsBeforeTheCodeIsUsed) {
  World world;
  const Secret code = world.new_code();

  auto pending = world.await(world.vault().open_code(code));

  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->terms.user.str(), "108123456");
  EXPECT_EQ(pending->terms.client.str(), "client-one");
  EXPECT_EQ(pending->terms.redirect_uri, "http://127.0.0.1:33418/callback");
  EXPECT_EQ(pending->terms.code_challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  EXPECT_EQ(pending->terms.signed_in_at, world.clock.now());
}

// TK-03
TEST(CodeRedemption, EndsEverythingIssuedFromACodeThatIsUsedAgain) {
  World world;
  const Secret code = world.new_code();
  auto tokens = world.redeem(code);
  ASSERT_TRUE(tokens);
  world.clock.advance(10s);

  EXPECT_EQ(refusal_of(world.redeem(code)), Refused::replayed);

  EXPECT_EQ(refusal_of(world.authenticate(tokens->access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.refresh(tokens->refresh_token)), Refused::unknown);
  EXPECT_THAT(world.replica.log.text(), HasSubstr("authorization code used again"));
}

// TK-04, TM-06
TEST(CodeRedemption, RefusesACodeFromTheSecondItExpires) {
  World world;
  const Secret early = world.new_code();
  world.clock.advance(59s);
  EXPECT_TRUE(world.await(world.vault().open_code(early)));
  world.clock.advance(1s);
  EXPECT_NE(refusal_of(world.await(world.vault().open_code(early))), std::nullopt);
}

// TK-04: by our own clock, whatever ttl the table holds.
TEST(CodeRedemption, RefusesAnExpiredCodeWhoseRowIsStillThere) {
  World world;
  const Secret code = world.new_code();
  store::Record row = *world.row("GRANT#");
  row.ttl += 3600;
  world.plant(row);
  world.clock.advance(60s);

  EXPECT_EQ(refusal_of(world.redeem(code)), Refused::expired);
}

// TK-02
TEST(CodeRedemption, BurnsACodeAtTheFifthWrongVerifier) {
  World world;
  const Secret kept = world.new_code();
  const Secret burnt = world.new_code("another");
  auto pending_kept = world.await(world.vault().open_code(kept));
  auto pending = world.await(world.vault().open_code(burnt));
  ASSERT_TRUE(pending_kept && pending);

  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(world.await(world.vault().count_code_failure(*pending_kept)));
  }
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(world.await(world.vault().count_code_failure(*pending)));
  }

  EXPECT_TRUE(world.redeem(kept));
  EXPECT_EQ(refusal_of(world.redeem(burnt)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.await(world.vault().redeem_code(std::move(*pending)))),
            Refused::unknown);
}

// TK-06: looking at a code does not use it up.
TEST(CodeRedemption, KeepsACodeThatWasOnlyLookedAt) {
  World world;
  const Secret code = world.new_code();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(world.await(world.vault().open_code(code)));
  EXPECT_TRUE(world.redeem(code));
}

TEST(CodeRedemption, HasOneWinnerWhenACodeIsRedeemedTwiceAtOnce) {
  World world;
  const Secret code = world.new_code();
  auto first = world.await(world.vault().open_code(code));
  auto second = world.await(world.vault().open_code(code));
  ASSERT_TRUE(first && second);
  world.store.yielding = true;

  std::vector<VaultTask<IssuedTokens>> both;
  both.push_back(world.vault().redeem_code(std::move(*first)));
  both.push_back(world.vault().redeem_code(std::move(*second)));
  auto results = testing::run_all(world.loop, std::move(both));

  const int winner = results[0] ? 0 : 1;
  ASSERT_TRUE(results[winner]);
  EXPECT_EQ(refusal_of(results[1 - winner]), Refused::replayed);
  EXPECT_TRUE(world.authenticate(results[winner]->access_token));
}

TEST(CodeRedemption, LeavesNothingOfACodeThatNobodyUsed) {
  World world;
  (void)world.new_code();
  world.clock.advance(60s);
  EXPECT_TRUE(world.rows().empty());
}

}  // namespace
}  // namespace gatehouse::vault
