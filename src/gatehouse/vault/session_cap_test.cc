// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/session_cap.h"

#include <gtest/gtest.h>

#include <memory>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault::testing {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::string>;

const base::UserId kPerson("108123456");

OwnSession session(const std::string& grant, std::chrono::seconds signed_in,
                   std::chrono::seconds renewed, SessionState state = SessionState::live) {
  OwnSession one;
  one.note.grant = grant;
  one.note.signed_in_at = kStart + signed_in;
  if (renewed > 0s) one.renewed_at = kStart + renewed;
  one.state = state;
  return one;
}

TEST(SessionCap, EndsWhoWasGivenATokenTheLongestAgo) {
  const std::vector<OwnSession> sessions = {
      session("new", 500s, 0s), session("old, used", 1s, 400s), session("idle", 300s, 300s),
      session("not fetched yet", 350s, 0s)};
  EXPECT_EQ(surplus_of(sessions, "new", 4), Ids{});
  EXPECT_EQ(surplus_of(sessions, "new", 3), Ids{"idle"});
  EXPECT_EQ(surplus_of(sessions, "new", 2), (Ids{"idle", "not fetched yet"}));
  EXPECT_EQ(surplus_of(sessions, "new", 1), (Ids{"idle", "not fetched yet", "old, used"}));
}

TEST(SessionCap, NeverEndsTheNewest) {
  const std::vector<OwnSession> sessions = {session("new", 1s, 0s), session("other", 2s, 9s)};
  EXPECT_EQ(surplus_of(sessions, "new", 1), Ids{"other"});
  EXPECT_EQ(surplus_of(sessions, "new", 0), Ids{"other"});
}

TEST(SessionCap, CountsOnlyWhatLives) {
  const std::vector<OwnSession> sessions = {session("a", 1s, 0s, SessionState::ended_elsewhere),
                                            session("b", 2s, 0s, SessionState::unclaimed),
                                            session("c", 3s, 0s), session("new", 4s, 0s)};
  EXPECT_EQ(surplus_of(sessions, "new", 2), Ids{});
  EXPECT_EQ(surplus_of(sessions, "new", 1), Ids{"c"});
}

TEST(SessionCap, OfTwoGivenAtOnceTheEarlierSignInEnds) {
  const std::vector<OwnSession> sessions = {session("later", 2s, 9s), session("first", 1s, 9s),
                                            session("new", 9s, 0s)};
  EXPECT_EQ(surplus_of(sessions, "new", 2), Ids{"first"});
}

TEST(SessionCap, StaysWellBelowWhatGoogleKeeps) { EXPECT_EQ(kSessionsMax, 50u); }

// A process with its own notes on the common store.
struct Notes {
  explicit Notes(World& world)
      : replica(world.store, world.clock),
        records("gatehouse", world.store, replica.data_keys, world.clock, replica.random),
        sessions(VaultOptions(), replica.vault, records, world.store, replica.data_keys,
                 world.clock, replica.random, replica.log) {}

  Replica replica;
  RecordVault records;
  OwnSessions sessions;
};

class SessionCapTest : public ::testing::Test {
 protected:
  SessionNote note_for(const base::Secret& code) {
    const auto id = peek_grant_id(BearerKind::code, code.reveal());
    SessionNote note;
    note.grant = base::base64url_encode(base::as_text(*id));
    note.client_name = "client";
    note.signed_in_at = world.clock.now();
    return note;
  }
  IssuedTokens sign_in() {
    const base::Secret code = world.new_code();
    auto noted = world.await(own.sessions.note(kPerson, note_for(code), trace));
    EXPECT_TRUE(noted) << noted.error().detail;
    auto tokens = world.redeem(code);
    EXPECT_TRUE(tokens);
    return std::move(*tokens);
  }
  std::vector<OwnSession> list() {
    auto listed = world.await(own.sessions.list(kPerson));
    EXPECT_TRUE(listed) << listed.error().detail;
    return std::move(*listed);
  }
  std::size_t count(SessionState state) {
    std::size_t found = 0;
    for (const OwnSession& one : list()) found += one.state == state ? 1 : 0;
    return found;
  }
  // A minute apart, with tokens.
  std::vector<IssuedTokens> fill(std::size_t how_many = kSessionsMax) {
    std::vector<IssuedTokens> all;
    for (std::size_t i = 0; i < how_many; ++i) {
      all.push_back(sign_in());
      world.clock.advance(1min);
    }
    return all;
  }

  World world;
  Notes own{world};
  base::SeededRandom chance{3};
  const telemetry::RequestTrace trace{{}, chance};
};

TEST_F(SessionCapTest, TheFiftyFirstSignInEndsTheOneRenewedTheLongestAgo) {
  std::vector<IssuedTokens> all = fill();
  ASSERT_EQ(count(SessionState::live), kSessionsMax);
  auto renewed = world.refresh(all[0].refresh_token);
  ASSERT_TRUE(renewed);

  const IssuedTokens latest = sign_in();

  EXPECT_EQ(refusal_of(world.authenticate(all[1].access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.refresh(all[1].refresh_token)), Refused::unknown);
  EXPECT_TRUE(world.authenticate(renewed->access_token));
  EXPECT_TRUE(world.authenticate(all[2].access_token));
  EXPECT_TRUE(world.authenticate(latest.access_token));
  EXPECT_EQ(count(SessionState::live), kSessionsMax);
  EXPECT_EQ(count(SessionState::made_room), 1u);
  EXPECT_EQ(list()[49].state, SessionState::made_room);
  EXPECT_NE(own.replica.log.text().find("session ended to make room"), std::string::npos);
  EXPECT_NE(own.replica.log.text().find(trace.trace_id()), std::string::npos);
  EXPECT_EQ(own.replica.log.text().find("108123456"), std::string::npos);
}

TEST_F(SessionCapTest, SessionsThatAreOverTakeNoPlace) {
  const std::vector<IssuedTokens> all = fill();
  for (const std::size_t i : {std::size_t{10}, std::size_t{20}}) {
    auto gone =
        world.await(world.vault().revoke_token(all[i].refresh_token, base::ClientId("client-one")));
    ASSERT_TRUE(gone);
  }
  sign_in();
  sign_in();
  EXPECT_EQ(count(SessionState::made_room), 0u);
  EXPECT_EQ(count(SessionState::live), kSessionsMax);
  EXPECT_TRUE(world.authenticate(all[0].access_token));
}

TEST_F(SessionCapTest, OtherPeopleAreCountedApart) {
  const std::vector<IssuedTokens> all = fill();
  const base::Secret code = world.new_code("another");
  auto noted = world.await(own.sessions.note(base::UserId("another"), note_for(code), trace));
  ASSERT_TRUE(noted);
  EXPECT_EQ(count(SessionState::made_room), 0u);
  EXPECT_TRUE(world.authenticate(all[0].access_token));
}

TEST_F(SessionCapTest, WhatLivesIsNotForgottenForWhatIsOver) {
  const std::vector<IssuedTokens> kept = fill(3);
  for (std::size_t i = 0; i < OwnSessions::kNotesMax; ++i) {
    const IssuedTokens brief = sign_in();
    auto gone =
        world.await(world.vault().revoke_token(brief.refresh_token, base::ClientId("client-one")));
    ASSERT_TRUE(gone);
  }
  EXPECT_EQ(list().size(), OwnSessions::kNotesMax);
  EXPECT_EQ(count(SessionState::live), 3u);
}

TEST_F(SessionCapTest, OrdinarySignInsCostNoReadMore) {
  sign_in();
  const SessionNote note = note_for(world.new_code());
  world.store.calls = 0;
  auto noted = world.await(own.sessions.note(kPerson, note, trace));
  ASSERT_TRUE(noted);
  EXPECT_EQ(world.store.calls, 2) << "the book is read and written";
}

TEST_F(SessionCapTest, HoldsForSignInsSideBySideOnTwoReplicas) {
  const std::vector<IssuedTokens> all = fill();
  Notes other(world);
  std::vector<base::Coroutine<base::Result<void, RefusedError>>> writers;
  for (int i = 0; i < 20; ++i) {
    OwnSessions& sessions = i % 2 == 0 ? own.sessions : other.sessions;
    writers.push_back(sessions.note(kPerson, note_for(world.new_code()), trace));
  }
  world.store.yielding = true;
  for (const auto& written : run_all(world.loop, std::move(writers))) {
    EXPECT_TRUE(written) << written.error().detail;
  }
  EXPECT_EQ(count(SessionState::live), kSessionsMax);
  EXPECT_EQ(refusal_of(world.authenticate(all[19].access_token)), Refused::unknown);
  EXPECT_TRUE(world.authenticate(all[20].access_token)) << "and no more than had to";
}

TEST_F(SessionCapTest, EndsNothingWhileTheStoreIsAwayAndMakesUpForItLater) {  // I13
  const std::vector<IssuedTokens> all = fill();
  const SessionNote note = note_for(world.new_code());
  world.store.fail_at(2, FaultyStore::Fault::before_commit, true);
  EXPECT_EQ(refusal_of(world.await(own.sessions.note(kPerson, note, trace))), Refused::unavailable);
  world.store.heal();
  EXPECT_TRUE(world.authenticate(all[0].access_token));
  sign_in();
  EXPECT_EQ(refusal_of(world.authenticate(all[0].access_token)), Refused::unknown);
}

}  // namespace
}  // namespace gatehouse::vault::testing
