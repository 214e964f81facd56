// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::refusal_of;
using testing::World;

// RF-01
TEST(GrantRefresh, GivesOtherTokensEachTimeAndTheSameEnd) {
  World world;
  IssuedTokens tokens = world.sign_in();
  const base::SystemTime end = world.clock.now() + 168h;
  std::set<std::string> seen{std::string(tokens.refresh_token.reveal()),
                             std::string(tokens.access_token.reveal())};
  for (int i = 0; i < 20; ++i) {
    world.clock.advance(1h);
    auto next = world.refresh(tokens.refresh_token);
    ASSERT_TRUE(next) << next.error().detail;
    tokens = std::move(*next);
    EXPECT_TRUE(seen.emplace(tokens.refresh_token.reveal()).second);
    EXPECT_TRUE(seen.emplace(tokens.access_token.reveal()).second);
    auto live = world.authenticate(tokens.access_token);
    ASSERT_TRUE(live);
    EXPECT_EQ(live->expires, end);
  }
}

TEST(GrantRefresh, ShowsTheTermsWithoutRotating) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const std::vector<store::RecordPtr> before = world.rows();

  auto terms = world.await(world.vault().inspect_refresh(tokens.refresh_token));

  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->user.str(), "108123456");
  EXPECT_EQ(terms->client.str(), "client-one");
  EXPECT_EQ(terms->resource, "http://localhost:8080/mcp");
  EXPECT_EQ(world.rows(), before);
}

// RF-02, I3
TEST(GrantRefresh, RepeatsTheSameAnswerWithinTheGraceTimeOnAnyReplica) {
  World world;
  testing::Replica other(world.store, world.clock);
  const IssuedTokens tokens = world.sign_in();
  auto first = world.refresh(tokens.refresh_token, {"mail.read"});
  ASSERT_TRUE(first);
  const std::vector<store::RecordPtr> after_first = world.rows();
  world.clock.advance(30s);

  auto again = world.await(other.vault.refresh(tokens.refresh_token, {}));

  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->refresh_token.reveal(), first->refresh_token.reveal());
  EXPECT_EQ(again->access_token.reveal(), first->access_token.reveal());
  EXPECT_THAT(again->scopes, ElementsAre("mail.read"));
  EXPECT_EQ(again->access_lifetime, first->access_lifetime - 30s);
  EXPECT_EQ(world.rows(), after_first) << "a repetition writes nothing";
  EXPECT_TRUE(world.authenticate(again->access_token));
  EXPECT_TRUE(world.refresh(again->refresh_token));
}

// RF-03
TEST(GrantRefresh, EndsTheFamilyWhenAnOldTokenComesAfterTheGraceTime) {
  for (const bool inspected : {false, true}) {
    SCOPED_TRACE(inspected);
    World world;
    const IssuedTokens tokens = world.sign_in();
    auto next = world.refresh(tokens.refresh_token);
    ASSERT_TRUE(next);
    world.clock.advance(31s);

    if (inspected) {
      EXPECT_EQ(refusal_of(world.await(world.vault().inspect_refresh(tokens.refresh_token))),
                Refused::replayed);
    } else {
      EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::replayed);
    }

    EXPECT_EQ(refusal_of(world.authenticate(next->access_token)), Refused::unknown);
    EXPECT_EQ(refusal_of(world.refresh(next->refresh_token)), Refused::unknown);
    EXPECT_THAT(world.replica.log.text(), HasSubstr("refresh token used again"));
  }
}

// RF-03: within the grace time as well, once the successor has been used.
TEST(GrantRefresh, EndsTheFamilyWhenAnOldTokenComesAfterItsSuccessor) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto second = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(second);
  auto third = world.refresh(second->refresh_token);
  ASSERT_TRUE(third);

  EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::replayed);

  EXPECT_EQ(refusal_of(world.refresh(third->refresh_token)), Refused::unknown);
}

TEST(GrantRefresh, ErasesTheOldWrapAtTheFirstRequestAfterTheGraceTime) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto next = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(next);
  ASSERT_TRUE(world.authenticate(next->access_token));
  EXPECT_TRUE(world.row("GRANT#")->has("rtPrevWrap"));
  world.clock.advance(31s);

  auto live = world.authenticate(next->access_token);

  ASSERT_TRUE(live);
  const store::RecordPtr row = world.row("GRANT#");
  EXPECT_FALSE(row->has("rtPrev"));
  EXPECT_FALSE(row->has("rtPrevWrap"));
  EXPECT_FALSE(row->has("rtSalt"));
  EXPECT_EQ(*live->record, *row);
  EXPECT_TRUE(world.authenticate(next->access_token));
  EXPECT_EQ(*world.row("GRANT#"), *row) << "once is enough";
}

TEST(GrantRefresh, AnswersEvenWhenTheOldWrapCannotBeErased) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto next = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(world.authenticate(next->access_token));
  world.clock.advance(31s);
  world.store.fail_at(3, testing::FaultyStore::Fault::before_commit, true);

  EXPECT_TRUE(world.authenticate(next->access_token));

  EXPECT_TRUE(world.store.failed());
  world.store.heal();
  world.clock.advance(31s);
  EXPECT_TRUE(world.authenticate(next->access_token));
  EXPECT_FALSE(world.row("GRANT#")->has("rtPrev"));
}

// RF-09
TEST(GrantRefresh, NarrowsTheAccessTokenButNotTheGrant) {
  World world;
  const IssuedTokens tokens = world.sign_in();

  auto narrow = world.refresh(tokens.refresh_token, {"mail.read", "drive.read"});
  ASSERT_TRUE(narrow);
  auto live = world.authenticate(narrow->access_token);
  ASSERT_TRUE(live);
  EXPECT_THAT(narrow->scopes, ElementsAre("mail.read", "drive.read"));
  EXPECT_THAT(live->scopes, ElementsAre("mail.read", "drive.read"));
  auto warm = world.authenticate(narrow->access_token);
  EXPECT_THAT(warm->scopes, ElementsAre("mail.read", "drive.read"));

  auto wide = world.refresh(narrow->refresh_token);
  ASSERT_TRUE(wide);
  EXPECT_THAT(wide->scopes, ElementsAre("mail.read", "calendar.read", "drive.read"));
}

// RF-09
TEST(GrantRefresh, DoesNotRotateForAScopeBeyondTheGrant) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const std::vector<store::RecordPtr> before = world.rows();

  EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token, {"mail.send"})), Refused::malformed);

  EXPECT_EQ(world.rows(), before);
  EXPECT_TRUE(world.refresh(tokens.refresh_token));
}

// RF-17, I7
TEST(GrantRefresh, NeverOutlivesTheSevenDays) {
  World world;
  IssuedTokens tokens = world.sign_in();
  world.clock.advance(168h - 600s);

  auto late = world.refresh(tokens.refresh_token);

  ASSERT_TRUE(late);
  EXPECT_EQ(late->access_lifetime, 600s);
  world.clock.advance(599s);
  EXPECT_TRUE(world.authenticate(late->access_token));
  world.clock.advance(1s);
  EXPECT_NE(refusal_of(world.authenticate(late->access_token)), std::nullopt);
  EXPECT_NE(refusal_of(world.refresh(late->refresh_token)), std::nullopt);
}

TEST(GrantRefresh, KeepsAtMostFourAccessTokensAlive) {
  World world;
  std::vector<IssuedTokens> issued;
  issued.push_back(world.sign_in());
  for (int i = 0; i < 5; ++i) {
    auto next = world.refresh(issued.back().refresh_token);
    ASSERT_TRUE(next);
    issued.push_back(std::move(*next));
  }

  EXPECT_EQ(refusal_of(world.authenticate(issued[0].access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.authenticate(issued[1].access_token)), Refused::unknown);
  for (std::size_t i = 2; i < issued.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_TRUE(world.authenticate(issued[i].access_token));
    EXPECT_TRUE(world.authenticate(issued[i].access_token));
  }
}

TEST(GrantRefresh, RefusesTheOtherKindsOfToken) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  EXPECT_EQ(refusal_of(world.refresh(tokens.access_token)), Refused::malformed);
  EXPECT_EQ(refusal_of(world.await(world.vault().inspect_refresh(tokens.access_token))),
            Refused::malformed);
}

// I3: many at once, over two replicas: one successor.
TEST(GrantRefresh, HasOneSuccessorHoweverManyRefreshAtOnce) {
  World world;
  testing::Replica other(world.store, world.clock);
  const IssuedTokens tokens = world.sign_in();
  world.store.yielding = true;
  const std::vector<std::string> all_scopes;

  std::vector<VaultTask<IssuedTokens>> many;
  for (int i = 0; i < 8; ++i) {
    many.push_back(world.vault().refresh(tokens.refresh_token, all_scopes));
    many.push_back(other.vault.refresh(tokens.refresh_token, all_scopes));
  }
  auto results = testing::run_all(world.loop, std::move(many));

  std::set<std::string> successors;
  for (const auto& result : results) {
    ASSERT_TRUE(result) << result.error().detail;
    successors.emplace(result->refresh_token.reveal());
    EXPECT_TRUE(world.authenticate(result->access_token));
  }
  EXPECT_EQ(successors.size(), 1u);
}

// I3, I5: a save of Google's token and a refresh of ours cross each other.
TEST(GrantRefresh, CrossesASaveOfGooglesTokenWithoutLosingEither) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  const UpstreamCredentials renewed = testing::sample_upstream(world.clock, "ya29.renewed", "");
  world.store.yielding = true;
  std::optional<base::Result<IssuedTokens, RefusedError>> refreshed;
  std::optional<base::Result<LiveGrant, RefusedError>> saved;
  const std::vector<std::string> all_scopes;
  boost::asio::co_spawn(
      world.loop.get_executor(), world.vault().refresh(tokens.refresh_token, all_scopes),
      [&](std::exception_ptr, auto value) { refreshed.emplace(std::move(value)); });
  boost::asio::co_spawn(world.loop.get_executor(),
                        world.vault().save_upstream(*live, tokens.access_token.reveal(), renewed),
                        [&](std::exception_ptr, auto value) { saved.emplace(std::move(value)); });
  world.loop.restart();
  world.loop.run();

  ASSERT_TRUE(refreshed && *refreshed);
  ASSERT_TRUE(saved && *saved);
  auto now = world.authenticate((*refreshed)->access_token);
  ASSERT_TRUE(now);
  auto upstream =
      world.await(world.vault().open_upstream(*now, (*refreshed)->access_token.reveal()));
  ASSERT_TRUE(upstream);
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.renewed");
}

}  // namespace
}  // namespace gatehouse::vault
