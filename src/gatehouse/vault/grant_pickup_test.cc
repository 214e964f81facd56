// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_pickup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::refusal_of;
using testing::World;
using Fault = testing::FaultyStore::Fault;

const std::vector<std::string> kSending{"mail.send"};

class GrantPickups : public ::testing::Test {
 protected:
  GrantPickups() { tokens = world.sign_in(); }

  LiveGrant live(const base::Secret& token) {
    auto grant = world.authenticate(token);
    EXPECT_TRUE(grant);
    return *grant;
  }
  LiveGrant live() { return live(tokens.access_token); }
  GrantPickup pickup() {
    auto found = world.await(world.vault().pickup_of(live(), tokens.access_token.reveal()));
    EXPECT_TRUE(found);
    return std::move(*found);
  }
  // As the callback of the consent does, on another replica.
  auto leave(const GrantPickup& where, const std::string& google_token = "ya29.wide") {
    UpstreamCredentials upstream = testing::sample_upstream(world.clock, google_token, "1//wide");
    upstream.scopes = {"gmail.readonly", "gmail.send"};
    return world.await(other.vault.leave(where, kSending, upstream));
  }
  auto pick_up(const LiveGrant& grant, const base::Secret& token) {
    return world.await(world.vault().pick_up(grant, token.reveal()));
  }
  UpstreamCredentials opened() {
    auto credentials =
        world.await(world.vault().open_upstream(live(), tokens.access_token.reveal()));
    EXPECT_TRUE(credentials);
    return std::move(*credentials);
  }

  World world;
  testing::Replica other{world.store, world.clock};
  IssuedTokens tokens;
};

TEST_F(GrantPickups, WidenTheGrantAndNothingElseOfIt) {
  const LiveGrant before = live();
  ASSERT_TRUE(leave(pickup()));
  EXPECT_EQ(live().scopes, before.scopes) << "not before the grant has come for it";

  const auto gained = pick_up(before, tokens.access_token);
  ASSERT_TRUE(gained);
  EXPECT_TRUE(*gained);
  const LiveGrant after = live();
  EXPECT_THAT(after.scopes, ElementsAre("mail.read", "calendar.read", "drive.read", "mail.send"));
  EXPECT_EQ(after.expires, before.expires) << "the seven days go on";
  EXPECT_EQ(after.signed_in_at, before.signed_in_at);
  const UpstreamCredentials credentials = opened();
  EXPECT_EQ(credentials.access_token.reveal(), "ya29.wide");
  EXPECT_EQ(credentials.refresh_token.reveal(), "1//wide");
  EXPECT_THAT(credentials.scopes, ElementsAre("gmail.readonly", "gmail.send"));
  EXPECT_EQ(world.row("TXN#"), nullptr);
}

TEST_F(GrantPickups, AreEmptyUntilSomethingIsLeft) {
  const auto nothing = pick_up(live(), tokens.access_token);
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
}

TEST_F(GrantPickups, AreUsedOnce) {
  ASSERT_TRUE(leave(pickup()));
  EXPECT_TRUE(*pick_up(live(), tokens.access_token));
  const std::uint64_t generation = world.row("GRANT#")->generation;
  EXPECT_FALSE(*pick_up(live(), tokens.access_token));
  EXPECT_EQ(world.row("GRANT#")->generation, generation);
}

TEST_F(GrantPickups, HoldWhatWasLeftLast) {
  ASSERT_TRUE(leave(pickup(), "ya29.first"));
  ASSERT_TRUE(leave(pickup(), "ya29.second"));
  EXPECT_TRUE(*pick_up(live(), tokens.access_token));
  EXPECT_EQ(opened().access_token.reveal(), "ya29.second");
}

TEST_F(GrantPickups, WaitTenMinutes) {
  ASSERT_TRUE(leave(pickup()));
  world.clock.advance(599s);
  const LiveGrant grant = live();
  world.clock.advance(1s);
  EXPECT_FALSE(*pick_up(grant, tokens.access_token));
  EXPECT_EQ(live().scopes.size(), 3u);
}

TEST_F(GrantPickups, AreTheGrantsOwn) {
  const IssuedTokens others = world.sign_in();  // the same person, another session
  ASSERT_TRUE(leave(pickup()));
  EXPECT_FALSE(*pick_up(live(others.access_token), others.access_token));
  EXPECT_EQ(refusal_of(world.await(world.vault().pickup_of(live(), others.access_token.reveal()))),
            Refused::unknown);
  EXPECT_TRUE(*pick_up(live(), tokens.access_token));
}

TEST_F(GrantPickups, RefuseAnotherPersonsCredentials) {  // T2
  GrantPickup where = pickup();
  where.subject = base::UserId("another person");
  ASSERT_TRUE(leave(where));
  EXPECT_EQ(refusal_of(pick_up(live(), tokens.access_token)), Refused::tampered);
  EXPECT_EQ(opened().access_token.reveal(), "ya29.canary-access-token");
}

TEST_F(GrantPickups, ShowNothingToWhoReadsTheTable) {  // T50
  const GrantPickup where = pickup();
  ASSERT_TRUE(leave(where));
  const store::RecordPtr record = world.row("TXN#");
  ASSERT_NE(record, nullptr);
  const std::string id = world.row("GRANT#")->key.substr(6);
  EXPECT_EQ(record->key.find(id), std::string::npos) << "nor whose it is";
  for (const auto& [name, value] : record->attributes) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) continue;
    EXPECT_EQ(text->find("ya29"), std::string::npos) << name;
    EXPECT_EQ(text->find("mail.send"), std::string::npos) << name;
  }
  GrantPickup guessed = pickup();
  guessed.secret = base::Secret::copy_of(std::string(43, 'A'));
  ASSERT_TRUE(leave(guessed));
  EXPECT_EQ(refusal_of(pick_up(live(), tokens.access_token)), Refused::tampered);
}

TEST_F(GrantPickups, SurviveARefreshOfOursAndOneOfGoogles) {  // I5
  const LiveGrant before = live();
  ASSERT_TRUE(leave(pickup()));
  const UpstreamCredentials renewed = testing::sample_upstream(world.clock, "ya29.renewed", "");
  ASSERT_TRUE(
      world.await(other.vault.save_upstream(before, tokens.access_token.reveal(), renewed)));
  ASSERT_TRUE(world.refresh(tokens.refresh_token));

  EXPECT_TRUE(*pick_up(before, tokens.access_token));
  EXPECT_EQ(opened().access_token.reveal(), "ya29.wide");
  // And a refresh that began before does not bring the narrow ones back.
  EXPECT_EQ(refusal_of(world.await(
                other.vault.save_upstream(before, tokens.access_token.reveal(), renewed))),
            Refused::unavailable);
}

TEST_F(GrantPickups, AreNotAppliedASecondTimeOverNewerCredentials) {  // I5
  const LiveGrant before = live();
  ASSERT_TRUE(leave(pickup()));
  EXPECT_TRUE(*pick_up(before, tokens.access_token));
  ASSERT_TRUE(leave(pickup()));  // as if the first had not been removed
  const UpstreamCredentials renewed = testing::sample_upstream(world.clock, "ya29.renewed", "");
  ASSERT_TRUE(
      world.await(other.vault.save_upstream(live(), tokens.access_token.reveal(), renewed)));
  EXPECT_TRUE(*pick_up(before, tokens.access_token));
  EXPECT_EQ(opened().access_token.reveal(), "ya29.renewed");
}

TEST_F(GrantPickups, WidenANarrowedTokenThatAsks) {
  auto narrow = world.refresh(tokens.refresh_token, {"mail.read"});
  ASSERT_TRUE(narrow);
  ASSERT_TRUE(leave(pickup()));
  EXPECT_TRUE(*pick_up(live(narrow->access_token), narrow->access_token));
  EXPECT_THAT(live(narrow->access_token).scopes, ElementsAre("mail.read", "mail.send"));
}

TEST_F(GrantPickups, DoNotBringAnEndedGrantBack) {  // I4
  const LiveGrant before = live();
  ASSERT_TRUE(leave(pickup()));
  ASSERT_TRUE(world.await(other.vault.end_grant(before)));
  EXPECT_EQ(refusal_of(pick_up(before, tokens.access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::unknown);
}

TEST_F(GrantPickups, LoseNothingAtAnyFailureOfTheStore) {
  for (int n = 1; n < 12; ++n) {
    for (const Fault fault : {Fault::before_commit, Fault::after_commit}) {
      SCOPED_TRACE(n);
      World fresh;
      const IssuedTokens mine = fresh.sign_in();
      const std::string_view token = mine.access_token.reveal();
      const auto grant = fresh.authenticate(mine.access_token);
      ASSERT_TRUE(grant);
      const auto where = fresh.await(fresh.vault().pickup_of(*grant, token));
      ASSERT_TRUE(where);
      const UpstreamCredentials wide = testing::sample_upstream(fresh.clock, "ya29.wide", "1//w");
      ASSERT_TRUE(fresh.await(fresh.vault().leave(*where, kSending, wide)));
      fresh.store.fail_at(n, fault, false);
      auto first = fresh.await(fresh.vault().pick_up(*grant, token));
      fresh.store.heal();
      if (!first) EXPECT_EQ(first.error().code, Refused::unavailable);
      auto again = fresh.await(fresh.vault().pick_up(*grant, token));
      ASSERT_TRUE(again);
      EXPECT_TRUE((first && *first) || *again);
      EXPECT_EQ(fresh.authenticate(mine.access_token)->scopes.size(), 4u);
    }
  }
}

TEST(LeftForGrant, ComesBackAsItWas) {
  const base::FixedClock clock(testing::kStart);
  LeftForGrant left;
  left.subject = base::UserId("108123456");
  left.scopes = kSending;
  left.upstream = testing::sample_upstream(clock);
  const base::Secret bytes = encode(left);
  const auto read = decode_left_for_grant(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, left.subject);
  EXPECT_EQ(read->scopes, left.scopes);
  EXPECT_EQ(read->upstream.refresh_token.reveal(), left.upstream.refresh_token.reveal());
  const std::string_view text = bytes.reveal();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(decode_left_for_grant(base::Secret::copy_of(text.substr(0, size)))) << size;
  }
}

}  // namespace
}  // namespace gatehouse::vault
