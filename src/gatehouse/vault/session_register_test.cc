// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/session_register.h"

#include <gtest/gtest.h>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault::testing {
namespace {

class SessionRegisterTest : public ::testing::Test {
 protected:
  std::vector<SessionSummary> list() {
    auto page = world.await(sessions.list(""));
    EXPECT_TRUE(page);
    EXPECT_EQ(page->next, "");
    return std::move(page->sessions);
  }

  World world;
  SessionRegister sessions{
      "gatehouse", world.store,          world.store.memory, world.replica.data_keys,
      world.clock, world.replica.random, world.replica.log};
};

TEST_F(SessionRegisterTest, TellsWhoIsSignedInWithoutNamingAnybody) {
  const IssuedTokens tokens = world.sign_in();

  const std::vector<SessionSummary> all = list();

  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].user, world.vault().hashed(base::UserId("108123456")));
  EXPECT_EQ(all[0].client.str(), "client-one");
  EXPECT_EQ(all[0].scope, "mail.read calendar.read drive.read");
  EXPECT_EQ(all[0].signed_in_at, kStart);
  EXPECT_EQ(all[0].expires, kStart + std::chrono::hours(168));
  EXPECT_FALSE(all[0].begun);
}

TEST_F(SessionRegisterTest, MarksASignInThatIsNotFinished) {
  const base::Secret code = world.new_code();

  const std::vector<SessionSummary> all = list();

  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all[0].begun);
}

TEST_F(SessionRegisterTest, EndsOneGrantAndLeavesTheOthers) {
  const IssuedTokens first = world.sign_in();
  const std::string grant = list().front().grant;
  const IssuedTokens second = world.sign_in();

  auto ended = world.await(sessions.end(grant));

  ASSERT_TRUE(ended);
  EXPECT_EQ(refusal_of(world.authenticate(first.access_token)), Refused::unknown);
  EXPECT_TRUE(world.authenticate(second.access_token));
  EXPECT_EQ(list().size(), 1u);
  EXPECT_EQ(refusal_of(world.await(sessions.end(grant))), Refused::unknown);
}

TEST_F(SessionRegisterTest, EndsEverythingOfAPersonByTheHash) {
  const IssuedTokens one = world.sign_in();
  const IssuedTokens two = world.sign_in();
  const IssuedTokens other = world.sign_in("another person");

  auto ended =
      world.await(sessions.end_everything_of(world.vault().hashed(base::UserId("108123456"))));

  ASSERT_TRUE(ended);
  EXPECT_EQ(refusal_of(world.authenticate(one.access_token)), Refused::ended);
  EXPECT_EQ(refusal_of(world.authenticate(two.access_token)), Refused::ended);
  EXPECT_TRUE(world.authenticate(other.access_token));
}

TEST_F(SessionRegisterTest, RefusesWhatIsNoIdOfAGrant) {
  for (const char* text : {"", "x", "GRANT#abc", "AAAAAAAAAAAAAAAAAAAAA", "../../etc/passwd"}) {
    EXPECT_EQ(refusal_of(world.await(sessions.end(text))), Refused::malformed) << text;
  }
}

}  // namespace
}  // namespace gatehouse::vault::testing
