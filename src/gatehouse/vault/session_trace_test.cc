// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/session_trace.h"

#include <gtest/gtest.h>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault::testing {
namespace {

using namespace std::chrono_literals;

class SessionTraceTest : public ::testing::Test {
 protected:
  SessionTraceTest() : tokens(world.sign_in()) {}

  LiveGrant live() {
    auto grant = world.authenticate(tokens.access_token);
    EXPECT_TRUE(grant) << grant.error().detail;
    return std::move(*grant);
  }
  SessionTrace trace() {
    const LiveGrant grant = live();
    auto traced = world.await(traces.of(grant, tokens.access_token.reveal()));
    EXPECT_TRUE(traced) << traced.error().detail;
    return std::move(*traced);
  }
  bool lives(const SessionTrace& of) {
    const auto judged = world.await(traces.lives(of));
    EXPECT_TRUE(judged) << judged.error().detail;
    return judged && *judged;
  }

  World world;
  IssuedTokens tokens;
  SessionTraces traces{world.store, world.vault()};
};

TEST_F(SessionTraceTest, NamesThePersonAndLivesWithTheSession) {
  const SessionTrace kept = trace();
  EXPECT_EQ(kept.subject.str(), "108123456");
  EXPECT_EQ(kept.grant, live().id);
  EXPECT_TRUE(lives(kept));
  auto refreshed = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(refreshed);
  EXPECT_TRUE(lives(kept)) << "a renewal ends nothing";
}

TEST_F(SessionTraceTest, EndsWithTheGrant) {
  const SessionTrace kept = trace();
  const LiveGrant grant = live();
  ASSERT_TRUE(world.await(world.vault().end_grant(grant)));
  EXPECT_FALSE(lives(kept));
}

TEST_F(SessionTraceTest, EndsWhenItsPersonSignsOutEverywhere) {
  const SessionTrace kept = trace();
  world.clock.advance(1s);
  const base::UserId subject("108123456");
  ASSERT_TRUE(world.await(world.vault().end_everything_of(subject)));
  EXPECT_FALSE(lives(kept));
}

TEST_F(SessionTraceTest, EndsAfterSevenDays) {
  const SessionTrace kept = trace();
  world.clock.advance(169h);
  EXPECT_FALSE(lives(kept));
}

TEST_F(SessionTraceTest, IsNotTakenForEndedWhenTheStoreIsAway) {
  const SessionTrace kept = trace();
  for (const int call : {1, 2}) {
    world.store.fail_at(call, FaultyStore::Fault::before_commit, true);
    const auto judged = world.await(traces.lives(kept));
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, Refused::unavailable);
    world.store.heal();
  }
}

}  // namespace
}  // namespace gatehouse::vault::testing
