// SPDX-License-Identifier: Apache-2.0
// ST-03
// Sweeps: every store call of every transition fails once or for good, before or after it took
// effect; afterwards the invariants of the design hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using testing::refusal_of;
using testing::World;
using Fault = testing::FaultyStore::Fault;

// Calls `scenario` with a fault at the first store call after `arm()`, then at the second, and so
// on until it runs untouched.
struct Plan {
  Plan() {}
  int n = 1;
  Fault fault = Fault::before_commit;
  bool lasting = false;
  bool failed = false;  // set by the scenario: whether the fault came to pass
  void arm(World& world) const { world.store.fail_at(n, fault, lasting); }
};

void sweep(const std::function<void(Plan&, World&)>& scenario) {
  for (const Fault fault : {Fault::before_commit, Fault::after_commit}) {
    for (const bool lasting : {false, true}) {
      Plan plan;
      plan.fault = fault;
      plan.lasting = lasting;
      for (plan.n = 1;; ++plan.n) {
        SCOPED_TRACE(::testing::Message()
                     << "fault " << int(fault) << " lasting " << lasting << " at call " << plan.n);
        World world;
        scenario(plan, world);
        if (::testing::Test::HasFatalFailure() || !plan.failed) break;
        ASSERT_LT(plan.n, 50) << "the sweep does not end";
      }
    }
  }
}

// I1: a code we gave out is backed by a row.
TEST(GrantFaults, CreatingAGrant) {
  sweep([](Plan& plan, World& world) {
    const GrantTerms terms = testing::sample_terms(world.clock);
    const UpstreamCredentials upstream = testing::sample_upstream(world.clock);
    plan.arm(world);
    auto code = world.await(world.vault().create_grant(terms, upstream));
    plan.failed = world.store.failed();
    world.store.heal();

    if (!plan.failed) EXPECT_TRUE(code);
    if (code) {
      EXPECT_TRUE(world.redeem(*code));
    } else {
      EXPECT_EQ(refusal_of(code), Refused::unavailable);
    }
  });
}

// I1, I2
TEST(GrantFaults, RedeemingACode) {
  sweep([](Plan& plan, World& world) {
    const Secret code = world.new_code();
    auto pending = world.await(world.vault().open_code(code));
    ASSERT_TRUE(pending);
    plan.arm(world);
    auto tokens = world.await(world.vault().redeem_code(std::move(*pending)));
    plan.failed = world.store.failed();
    world.store.heal();

    if (tokens) {
      EXPECT_TRUE(world.authenticate(tokens->access_token));
      EXPECT_TRUE(world.refresh(tokens->refresh_token));
      EXPECT_EQ(refusal_of(world.redeem(code)), Refused::replayed);
    } else {
      EXPECT_EQ(refusal_of(tokens), Refused::unavailable);
      // Before the commit the code is unused and works; after it, nobody got tokens from it.
      const auto again = refusal_of(world.redeem(code));
      EXPECT_TRUE(again == std::nullopt || again == Refused::replayed);
      if (plan.fault == Fault::before_commit) EXPECT_EQ(again, std::nullopt);
    }
    if (!plan.lasting) EXPECT_TRUE(tokens) << "one lost answer is not noticed";
  });
}

// I1, I3, I13
TEST(GrantFaults, Refreshing) {
  sweep([](Plan& plan, World& world) {
    const IssuedTokens tokens = world.sign_in();
    plan.arm(world);
    auto next = world.refresh(tokens.refresh_token);
    plan.failed = world.store.failed();
    world.store.heal();

    if (!next) EXPECT_EQ(refusal_of(next), Refused::unavailable);
    // Whether or not it took effect: the client asks again and gets the one successor.
    auto again = world.refresh(tokens.refresh_token);
    ASSERT_TRUE(again) << again.error().detail;
    if (next) EXPECT_EQ(again->refresh_token.reveal(), next->refresh_token.reveal());
    EXPECT_TRUE(world.authenticate(again->access_token));
    EXPECT_TRUE(world.refresh(again->refresh_token));
  });
}

// I13
TEST(GrantFaults, Authenticating) {
  sweep([](Plan& plan, World& world) {
    const IssuedTokens first = world.sign_in();
    auto tokens = world.refresh(first.refresh_token);
    ASSERT_TRUE(tokens);
    world.clock.advance(31s);  // so that there is something to erase as well
    plan.arm(world);
    auto live = world.authenticate(tokens->access_token);
    plan.failed = world.store.failed();
    world.store.heal();

    if (!live) EXPECT_EQ(refusal_of(live), Refused::unavailable);
    EXPECT_TRUE(world.authenticate(tokens->access_token));
    EXPECT_TRUE(world.refresh(tokens->refresh_token));
  });
}

// I5
TEST(GrantFaults, SavingGooglesCredentials) {
  sweep([](Plan& plan, World& world) {
    const IssuedTokens tokens = world.sign_in();
    const std::string_view token = tokens.access_token.reveal();
    auto live = world.authenticate(tokens.access_token);
    ASSERT_TRUE(live);
    const UpstreamCredentials renewed = testing::sample_upstream(world.clock, "ya29.new", "1//new");
    plan.arm(world);
    auto saved = world.await(world.vault().save_upstream(*live, token, renewed));
    plan.failed = world.store.failed();
    world.store.heal();

    if (!saved) EXPECT_EQ(refusal_of(saved), Refused::unavailable);
    if (!plan.lasting) EXPECT_TRUE(saved);
    auto now = world.authenticate(tokens.access_token);
    ASSERT_TRUE(now);
    auto upstream = world.await(world.vault().open_upstream(*now, token));
    ASSERT_TRUE(upstream);
    if (saved) {
      EXPECT_EQ(upstream->access_token.reveal(), "ya29.new");
    }
    // Old or new, never a mixture.
    EXPECT_EQ(upstream->access_token.reveal() == "ya29.new",
              upstream->refresh_token.reveal() == "1//new");
  });
}

// I4: what was acknowledged as ended stays ended.
TEST(GrantFaults, EndingAGrant) {
  using End = std::function<bool(World&, const IssuedTokens&, const LiveGrant&)>;
  const End ways[] = {
      [](World& world, const IssuedTokens& tokens, const LiveGrant&) {
        const base::ClientId client("client-one");
        return bool(world.await(world.vault().revoke_token(tokens.refresh_token, client)));
      },
      [](World& world, const IssuedTokens&, const LiveGrant& live) {
        return bool(world.await(world.vault().end_grant(live)));
      },
      [](World& world, const IssuedTokens&, const LiveGrant&) {
        const base::UserId user("108123456");
        return bool(world.await(world.vault().end_everything_of(user)));
      },
      [](World& world, const IssuedTokens& tokens, const LiveGrant&) {
        const base::ClientId client("client-one");
        return bool(world.await(world.vault().revoke_token(tokens.access_token, client)));
      },
  };
  for (const End& end : ways) {
    sweep([&](Plan& plan, World& world) {
      const IssuedTokens tokens = world.sign_in();
      auto live = world.authenticate(tokens.access_token);
      ASSERT_TRUE(live);
      plan.arm(world);
      const bool acknowledged = end(world, tokens, *live);
      plan.failed = world.store.failed();
      world.store.heal();

      if (acknowledged) {
        EXPECT_NE(refusal_of(world.authenticate(tokens.access_token)), std::nullopt);
      } else {
        EXPECT_TRUE(plan.failed);
        EXPECT_TRUE(end(world, tokens, *live)) << "asking again works";
        EXPECT_NE(refusal_of(world.authenticate(tokens.access_token)), std::nullopt);
      }
    });
  }
}

// RF-03 under faults: a replay that could not end the family ends it next time.
TEST(GrantFaults, ReplayingARefreshToken) {
  sweep([](Plan& plan, World& world) {
    const IssuedTokens tokens = world.sign_in();
    auto next = world.refresh(tokens.refresh_token);
    ASSERT_TRUE(next);
    world.clock.advance(31s);
    plan.arm(world);
    const auto first = refusal_of(world.refresh(tokens.refresh_token));
    plan.failed = world.store.failed();
    world.store.heal();

    EXPECT_TRUE(first == Refused::replayed || first == Refused::unavailable);
    if (first == Refused::unavailable) {
      const auto second = refusal_of(world.refresh(tokens.refresh_token));
      EXPECT_TRUE(second == Refused::replayed || second == Refused::unknown);
    }
    EXPECT_EQ(refusal_of(world.authenticate(next->access_token)), Refused::unknown);
  });
}

}  // namespace
}  // namespace gatehouse::vault
