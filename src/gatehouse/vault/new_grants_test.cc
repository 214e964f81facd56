// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/new_grants.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using testing::refusal_of;
using testing::sample_terms;
using testing::sample_upstream;
using testing::World;

TEST(NewGrants, CountsTheSevenDaysFromSignInNotFromTheGrant) {
  World world;
  GrantTerms terms = sample_terms(world.clock);
  terms.signed_in_at = world.clock.now() - 100h;
  const UpstreamCredentials upstream = sample_upstream(world.clock);
  auto code = world.await(world.vault().create_grant(terms, upstream));
  ASSERT_TRUE(code);
  auto tokens = world.redeem(*code);
  ASSERT_TRUE(tokens);

  auto live = world.authenticate(tokens->access_token);

  EXPECT_EQ(live->expires, world.clock.now() + 68h);
}

TEST(NewGrants, RefusesASignInThatIsAlreadyOver) {
  World world;
  GrantTerms terms = sample_terms(world.clock);
  terms.signed_in_at = world.clock.now() - 168h;
  const UpstreamCredentials upstream = sample_upstream(world.clock);
  EXPECT_EQ(refusal_of(world.await(world.vault().create_grant(terms, upstream))), Refused::expired);
}

TEST(NewGrants, TakesASignInOfTheFutureForOneOfNow) {
  World world;
  GrantTerms terms = sample_terms(world.clock);
  terms.signed_in_at = world.clock.now() + 1000h;
  const UpstreamCredentials upstream = sample_upstream(world.clock);
  auto code = world.await(world.vault().create_grant(terms, upstream));
  ASSERT_TRUE(code);
  auto pending = world.await(world.vault().open_code(*code));
  EXPECT_EQ(pending->terms.signed_in_at, world.clock.now());
}

TEST(NewGrants, KeepsFieldsItCannotHoldOut) {
  World world;
  const UpstreamCredentials upstream = sample_upstream(world.clock);
  GrantTerms long_client = sample_terms(world.clock);
  long_client.client = base::ClientId(std::string(20'000, 'c'));
  GrantTerms odd_scope = sample_terms(world.clock);
  odd_scope.scopes = {"mail.read drive.write"};
  GrantTerms no_user = sample_terms(world.clock);
  no_user.user = base::UserId();

  EXPECT_EQ(refusal_of(world.await(world.vault().create_grant(long_client, upstream))),
            Refused::malformed);
  EXPECT_EQ(refusal_of(world.await(world.vault().create_grant(odd_scope, upstream))),
            Refused::malformed);
  EXPECT_EQ(refusal_of(world.await(world.vault().create_grant(no_user, upstream))),
            Refused::malformed);
  EXPECT_TRUE(world.rows().empty());
}

// ST-07: a grant id that is taken, by whatever chance, is never overwritten.
TEST(NewGrants, MakesNoGrantOverAnother) {
  World world;
  base::SeededRandom once(7);
  const GrantTerms terms = testing::sample_terms(world.clock);
  const UpstreamCredentials upstream = testing::sample_upstream(world.clock);
  const auto make = [&](base::Random& random) {
    GrantVault vault(VaultOptions(), world.store, world.replica.data_keys, world.replica.token_keys,
                     world.clock, random, world.replica.log);
    return world.await(vault.create_grant(terms, upstream));
  };
  ASSERT_TRUE(make(once));
  const store::Record first = *world.row("GRANT#");
  base::SeededRandom again(7);
  // The same grant id with another write id.
  class OtherWriteIds final : public base::Random {
   public:
    explicit OtherWriteIds(base::Random& inner) : inner_(inner) {}
    void fill(std::span<std::uint8_t> out) override {
      inner_.fill(out);
      if (out.size() == 12) out[0] = static_cast<std::uint8_t>(out[0] ^ 1);
    }

   private:
    base::Random& inner_;
  } colliding(again);
  EXPECT_EQ(refusal_of(make(colliding)), Refused::unavailable);
  EXPECT_EQ(*world.row("GRANT#"), first);
}

}  // namespace
}  // namespace gatehouse::vault
