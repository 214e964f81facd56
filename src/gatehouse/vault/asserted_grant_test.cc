// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/asserted_grant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/vault/own_sessions.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::refusal_of;
using testing::World;

const std::string kAccount = "108123456";
const std::string kAddress = "canary.person@example.com";  // of testing::sample_upstream()

class AssertedGrants : public ::testing::Test {
 protected:
  AssertedGrants() { tokens = create(); }

  IssuedTokens create() {
    GrantTerms terms = testing::sample_terms(world.clock, "id-jag of the person");
    terms.redirect_uri.clear();
    terms.code_challenge.clear();
    auto issued = world.await(world.vault().create_asserted_grant(terms, kAddress));
    EXPECT_TRUE(issued) << issued.error().detail;
    return std::move(*issued);
  }
  LiveGrant live() {
    auto grant = world.authenticate(tokens.access_token);
    EXPECT_TRUE(grant) << grant.error().detail;
    return *grant;
  }
  GrantPickup pickup() {
    auto found = world.await(world.vault().pickup_of(live(), tokens.access_token.reveal()));
    EXPECT_TRUE(found);
    return std::move(*found);
  }
  // As the callback does, on another replica, when `account` with `address` has signed in.
  void leave(const std::string& address = kAddress, const std::string& account = kAccount,
             const std::vector<std::string>& scopes = {"mail.read", "calendar.read",
                                                       "drive.read"}) {
    GrantPickup where = pickup();
    where.subject = base::UserId(account);
    UpstreamCredentials upstream = testing::sample_upstream(world.clock);
    upstream.email = address;
    const auto left = world.await(other.vault.leave(where, scopes, upstream));
    EXPECT_TRUE(left) << left.error().detail;
  }
  auto pick_up() {
    return world.await(world.vault().pick_up(live(), tokens.access_token.reveal()));
  }
  auto end_everything() {
    return world.await(other.vault.end_everything_of(base::UserId(kAccount)));
  }

  World world;
  testing::Replica other{world.store, world.clock};
  IssuedTokens tokens;
};

TEST_F(AssertedGrants, BeginWithoutAccountAndCredentials) {
  const LiveGrant grant = live();
  EXPECT_TRUE(grant.awaits_account());
  EXPECT_EQ(grant.origin, grant.user);
  EXPECT_NE(grant.user, world.vault().hashed(base::UserId(kAccount)));
  EXPECT_EQ(grant.expires, grant.signed_in_at + 168h);
  const auto upstream =
      world.await(world.vault().open_upstream(grant, tokens.access_token.reveal()));
  ASSERT_TRUE(upstream);
  EXPECT_TRUE(upstream->access_token.empty());
  EXPECT_TRUE(upstream->refresh_token.empty());
  EXPECT_EQ(pickup().email, kAddress);
  EXPECT_TRUE(pickup().subject.empty());
  EXPECT_EQ(pickup().grant, grant.id);
}

TEST_F(AssertedGrants, NeedAnAddress) {
  const GrantTerms terms = testing::sample_terms(world.clock);
  const auto issued = world.await(world.vault().create_asserted_grant(terms, ""));
  EXPECT_EQ(refusal_of(issued), Refused::malformed);
}

TEST_F(AssertedGrants, GetTheAccountAndTheCredentialsInOneWrite) {
  leave();
  const std::uint64_t generation = world.row("GRANT#")->generation;
  const LiveGrant before = live();
  const auto gained = pick_up();
  ASSERT_TRUE(gained) << gained.error().detail;
  EXPECT_TRUE(*gained);
  EXPECT_EQ(world.row("GRANT#")->generation, generation + 1);

  const LiveGrant after = live();
  EXPECT_FALSE(after.awaits_account());
  EXPECT_EQ(after.user, world.vault().hashed(base::UserId(kAccount)));
  EXPECT_EQ(after.origin, before.origin) << "sessions of the protocol go by it";
  EXPECT_EQ(after.expires, before.expires) << "the seven days count from the assertion";
  EXPECT_EQ(after.scopes, before.scopes);
  const auto upstream =
      world.await(world.vault().open_upstream(after, tokens.access_token.reveal()));
  ASSERT_TRUE(upstream);
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.canary-access-token");
  EXPECT_TRUE(pickup().email.empty());
  EXPECT_EQ(pickup().subject.str(), kAccount);
  EXPECT_FALSE(*pick_up()) << "once";
}

TEST_F(AssertedGrants, TakeTheAddressInAnyCase) {
  leave("Canary.Person@Example.com");
  const auto gained = pick_up();
  ASSERT_TRUE(gained);
  EXPECT_TRUE(*gained);
}

TEST_F(AssertedGrants, RefuseAnAccountOfAnotherAddress) {
  for (const std::string address : {"mallory@example.com", "", "canary.person@example.com "}) {
    leave(address);
    EXPECT_EQ(refusal_of(pick_up()), Refused::tampered) << address;
    EXPECT_TRUE(live().awaits_account());
  }
}

TEST_F(AssertedGrants, CannotBeLeftAnythingWithoutAnAccount) {
  const GrantPickup where = pickup();
  const UpstreamCredentials upstream = testing::sample_upstream(world.clock);
  const std::vector<std::string> scopes{"mail.read"};
  const auto left = world.await(other.vault.leave(where, scopes, upstream));
  EXPECT_EQ(refusal_of(left), Refused::malformed);
}

TEST_F(AssertedGrants, TakeNothingThatWasLeftForAGrantWithAnAccount) {
  GrantPickup where = pickup();
  where.email.clear();  // as if the person had been known
  where.subject = base::UserId(kAccount);
  const UpstreamCredentials upstream = testing::sample_upstream(world.clock);
  const std::vector<std::string> scopes{"mail.read"};
  ASSERT_TRUE(world.await(other.vault.leave(where, scopes, upstream)));
  EXPECT_EQ(refusal_of(pick_up()), Refused::tampered) << "nobody knows since when it counts";
}

TEST_F(AssertedGrants, KeepOfTheirScopesWhatGoogleServes) {
  leave(kAddress, kAccount, {"mail.read", "tasks.read"});
  ASSERT_TRUE(pick_up());
  EXPECT_THAT(live().scopes, ElementsAre("mail.read")) << "and nothing that was not theirs";
  EXPECT_THAT(live().declined, ElementsAre("calendar.read", "drive.read"));
}

TEST_F(AssertedGrants, GetLaterWhatGoogleDidNotServeAndNothingBeyond) {
  leave(kAddress, kAccount, {"mail.read"});
  ASSERT_TRUE(pick_up());
  leave(kAddress, kAccount, {"drive.read", "tasks.read"});
  ASSERT_TRUE(pick_up());
  EXPECT_THAT(live().scopes, ElementsAre("mail.read", "drive.read"));
  EXPECT_THAT(live().declined, ElementsAre("calendar.read"));
}

TEST_F(AssertedGrants, GetTheirAccountOnceHoweverManyCallsComeForIt) {
  leave();
  const LiveGrant before = live();
  const std::string token(tokens.access_token.reveal());
  world.store.yielding = true;
  std::vector<VaultTask<bool>> calls;
  for (int i = 0; i < 4; ++i) {
    calls.push_back(world.vault().pick_up(before, token));
    calls.push_back(other.vault.pick_up(before, token));
  }
  std::size_t gained = 0;
  for (const auto& outcome : testing::run_all(world.loop, std::move(calls))) {
    ASSERT_TRUE(outcome) << outcome.error().detail;
    gained += *outcome ? 1 : 0;
  }
  world.store.yielding = false;
  EXPECT_GE(gained, 1u);
  EXPECT_FALSE(live().awaits_account());
  EXPECT_EQ(live().scopes, before.scopes);
  EXPECT_EQ(world.row("GRANT#")->generation, before.record->generation + 1);
}

TEST_F(AssertedGrants, NarrowedTokensStayNarrow) {
  auto refreshed = world.refresh(tokens.refresh_token, {"mail.read", "drive.read"});
  ASSERT_TRUE(refreshed);
  tokens = std::move(*refreshed);
  leave(kAddress, kAccount, {"mail.read", "calendar.read"});
  ASSERT_TRUE(pick_up());
  EXPECT_THAT(live().scopes, ElementsAre("mail.read"));
}

TEST_F(AssertedGrants, RefreshBeforeAndAfter) {
  auto refreshed = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(refreshed);
  tokens = std::move(*refreshed);
  EXPECT_TRUE(live().awaits_account());
  leave();
  ASSERT_TRUE(pick_up());
  refreshed = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(refreshed);
  tokens = std::move(*refreshed);
  EXPECT_FALSE(live().awaits_account());
}

TEST_F(AssertedGrants, AreNobodysUntilThen) {
  ASSERT_TRUE(end_everything());
  EXPECT_TRUE(live().awaits_account());
  leave();
  ASSERT_TRUE(pick_up());
  EXPECT_FALSE(live().awaits_account()) << "signing out ends what was signed in before it";
}

TEST_F(AssertedGrants, EndWithTheirAccount) {
  leave();
  ASSERT_TRUE(pick_up());
  ASSERT_TRUE(end_everything());
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::ended);
  EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::ended);
}

TEST_F(AssertedGrants, EndWhenTheAccountSignedOutBeforeTheCallThatFetches) {
  leave();
  world.clock.advance(1s);
  ASSERT_TRUE(end_everything());
  ASSERT_TRUE(pick_up());
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::ended);
}

TEST_F(AssertedGrants, AreEndedByOperatorsUnderTheNameTheyHave) {
  const std::vector<base::UserId> users{live().user};
  ASSERT_TRUE(world.await(other.vault.end_everything_of(base::UserId("id-jag of the person"))));
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::ended);
  world.clock.advance(1s);
  tokens = create();
  EXPECT_TRUE(live().awaits_account()) << "the next assertion begins anew";
}

TEST_F(AssertedGrants, EndAfterSevenDays) {
  leave();
  ASSERT_TRUE(pick_up());
  for (int day = 0; day < 7; ++day) {
    world.clock.advance(23h + 59min);
    auto refreshed = world.refresh(tokens.refresh_token);
    ASSERT_TRUE(refreshed);
    tokens = std::move(*refreshed);
  }
  world.clock.advance(8min);
  EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::unknown) << "its row is over";
}

TEST_F(AssertedGrants, ShowNoAddressInTheStore) {
  for (const store::RecordPtr& row : world.rows()) {
    for (const auto& [name, value] : row->attributes) {
      const auto* const text = std::get_if<std::string>(&value);
      if (text != nullptr) EXPECT_EQ(text->find("canary"), std::string::npos) << name;
    }
  }
}

}  // namespace
}  // namespace gatehouse::vault
