// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/own_sessions.h"

#include <gtest/gtest.h>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault::testing {
namespace {

using namespace std::chrono_literals;
using telemetry::RequestTrace;

const base::UserId kPerson("108123456");

std::string grant_of(const base::Secret& code) {
  const auto id = peek_grant_id(BearerKind::code, code.reveal());
  return base::base64url_encode(base::as_text(*id));
}

class OwnSessionsTest : public ::testing::Test {
 protected:
  // A sign-in with its note; gives the code.
  base::Secret begin(const std::string& client = "Cursor", const std::string& user = "108123456") {
    base::Secret code = world.new_code(user);
    SessionNote note;
    note.grant = grant_of(code);
    note.client_name = client;
    note.place = "127.0.0.1:33418";
    note.browser = "Firefox on Linux";
    note.left_out = {"gmail.send"};
    note.signed_in_at = world.clock.now();
    auto noted = world.await(sessions.note(base::UserId(user), note, RequestTrace::none()));
    EXPECT_TRUE(noted) << noted.error().detail;
    return code;
  }
  IssuedTokens sign_in(const std::string& client = "Cursor") {
    const base::Secret code = begin(client);
    auto tokens = world.redeem(code);
    EXPECT_TRUE(tokens);
    return std::move(*tokens);
  }
  std::vector<OwnSession> list(const base::UserId& person = kPerson) {
    auto listed = world.await(sessions.list(person));
    EXPECT_TRUE(listed) << listed.error().detail;
    return listed ? std::move(*listed) : std::vector<OwnSession>();
  }

  World world;
  RecordVault records{"gatehouse", world.store, world.replica.data_keys, world.clock,
                      world.replica.random};
  OwnSessions sessions{VaultOptions(),       world.vault(),           records,
                       world.store,          world.replica.data_keys, world.clock,
                       world.replica.random, world.replica.log};
};

TEST_F(OwnSessionsTest, TellsAPersonTheirSessionsTheLatestFirst) {
  sign_in("Cursor");
  world.clock.advance(1h);
  sign_in("Claude Code");

  const std::vector<OwnSession> all = list();

  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].note.client_name, "Claude Code");
  EXPECT_EQ(all[1].note.client_name, "Cursor");
  EXPECT_EQ(all[1].note.place, "127.0.0.1:33418");
  EXPECT_EQ(all[1].note.browser, "Firefox on Linux");
  EXPECT_EQ(all[1].note.left_out, std::vector<std::string>{"gmail.send"});
  EXPECT_EQ(all[1].note.signed_in_at, kStart);
  EXPECT_EQ(all[1].note.expires, kStart + 168h);
  EXPECT_EQ(all[1].state, SessionState::live);
  EXPECT_EQ(all[1].scope, "mail.read calendar.read drive.read");
  EXPECT_EQ(all[1].renewed_at, kStart);
  EXPECT_TRUE(list(base::UserId("somebody else")).empty());
}

TEST_F(OwnSessionsTest, EndsOneAtItsNextUseAndLeavesTheOthers) {  // I4
  const IssuedTokens first = sign_in("Cursor");
  const IssuedTokens second = sign_in("Claude Code");
  ASSERT_TRUE(world.authenticate(first.access_token));
  const std::string grant = list()[1].note.grant;

  auto ended = world.await(sessions.end(kPerson, grant));

  ASSERT_TRUE(ended);
  EXPECT_EQ(refusal_of(world.authenticate(first.access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.refresh(first.refresh_token)), Refused::unknown);
  EXPECT_TRUE(world.authenticate(second.access_token));
  EXPECT_EQ(list()[1].state, SessionState::ended_here);
  EXPECT_EQ(list()[0].state, SessionState::live);
  EXPECT_EQ(refusal_of(world.await(sessions.end(kPerson, grant))), Refused::unknown);
}

TEST_F(OwnSessionsTest, EndsNothingOfOthers) {
  const IssuedTokens tokens = sign_in();
  const std::string grant = list()[0].note.grant;

  auto ended = world.await(sessions.end(base::UserId("another person"), grant));

  EXPECT_EQ(refusal_of(ended), Refused::unknown);
  EXPECT_TRUE(world.authenticate(tokens.access_token));
  for (const std::string& odd : {std::string(), std::string("x"), std::string(22, '!'),
                                 "../" + grant, grant + "A", std::string(5000, 'A')}) {
    EXPECT_EQ(refusal_of(world.await(sessions.end(kPerson, odd))), Refused::malformed) << odd;
  }
}

TEST_F(OwnSessionsTest, TellsWhyASessionEnded) {  // AUTH-04
  sign_in("revoked by the client");
  const IssuedTokens revoked = sign_in("by a token");
  auto gone =
      world.await(world.vault().revoke_token(revoked.refresh_token, base::ClientId("client-one")));
  ASSERT_TRUE(gone);
  EXPECT_EQ(list()[0].state, SessionState::ended_elsewhere);
  EXPECT_EQ(list()[1].state, SessionState::live);

  world.clock.advance(1s);
  auto everywhere = world.await(world.vault().end_everything_of(kPerson));
  ASSERT_TRUE(everywhere);
  EXPECT_EQ(list()[1].state, SessionState::ended_everywhere);

  world.clock.advance(168h);
  EXPECT_EQ(list()[1].state, SessionState::expired);
}

TEST_F(OwnSessionsTest, TellsOfASignInWhoseTokensNobodyFetched) {
  begin();
  EXPECT_EQ(list()[0].state, SessionState::live);
  world.clock.advance(60s);
  EXPECT_EQ(list()[0].state, SessionState::unclaimed);
}

TEST_F(OwnSessionsTest, ForgetsASessionSevenDaysAfterItsEnd) {
  sign_in("old");
  world.clock.advance(335h);
  sign_in("new");
  EXPECT_EQ(list().size(), 2u);
  world.clock.advance(1h);
  sign_in("newer");
  const std::vector<OwnSession> all = list();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].note.client_name, "new");
  world.clock.advance(336h);
  EXPECT_TRUE(list().empty());
}

TEST_F(OwnSessionsTest, KeepsABoundedNumberOfNotes) {  // I10
  for (std::size_t i = 0; i < OwnSessions::kNotesMax + 3; ++i) begin(std::to_string(i));
  const std::vector<OwnSession> all = list();
  ASSERT_EQ(all.size(), OwnSessions::kNotesMax);
  EXPECT_EQ(all.front().note.client_name, std::to_string(OwnSessions::kNotesMax + 2));
  EXPECT_EQ(all.back().note.client_name, "3");
}

TEST_F(OwnSessionsTest, LosesNoNoteOfSignInsSideBySide) {
  world.store.yielding = true;
  std::vector<SessionNote> notes;
  std::vector<base::Coroutine<base::Result<void, RefusedError>>> writers;
  for (int i = 0; i < 4; ++i) {
    SessionNote note;
    note.grant = grant_of(world.new_code());
    note.signed_in_at = kStart;
    writers.push_back(sessions.note(kPerson, note, RequestTrace::none()));
  }
  for (const auto& written : run_all(world.loop, std::move(writers))) EXPECT_TRUE(written);
  EXPECT_EQ(list().size(), 4u);
}

TEST_F(OwnSessionsTest, ShowsNothingToAReaderOfTheTable) {  // VA-01
  sign_in("Cursor");
  const store::RecordPtr row = world.row("SESSIONS#");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->key.find("108123456"), std::string::npos);
  for (const auto& [name, value] : row->attributes) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) continue;
    EXPECT_EQ(text->find("Cursor"), std::string::npos) << name;
    EXPECT_EQ(text->find("Firefox"), std::string::npos) << name;
  }
}

TEST_F(OwnSessionsTest, RefusesAListThatOthersChanged) {
  sign_in();
  store::Record changed = *world.row("SESSIONS#");
  changed.ttl += 1;
  world.plant(changed);
  EXPECT_EQ(refusal_of(world.await(sessions.list(kPerson))), Refused::tampered);
}

TEST_F(OwnSessionsTest, SaysWhenTheStoreIsAway) {  // I9
  sign_in();
  world.store.fail_at(1, FaultyStore::Fault::before_commit, true);
  EXPECT_EQ(refusal_of(world.await(sessions.list(kPerson))), Refused::unavailable);
  world.store.heal();
  EXPECT_EQ(list().size(), 1u);
}

}  // namespace
}  // namespace gatehouse::vault::testing
