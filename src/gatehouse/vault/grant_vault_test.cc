// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_vault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::refusal_of;
using testing::sample_upstream;
using testing::World;

TEST(GrantVault, TurnsACodeIntoTokensThatOpenGooglesCredentials) {
  World world;
  const IssuedTokens tokens = world.sign_in();

  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live) << live.error().detail;
  auto upstream = world.await(world.vault().open_upstream(*live, tokens.access_token.reveal()));

  ASSERT_TRUE(upstream) << upstream.error().detail;
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.canary-access-token");
  EXPECT_EQ(upstream->refresh_token.reveal(), "1//canary-refresh");
  EXPECT_EQ(upstream->email, "canary.person@example.com");
  EXPECT_EQ(upstream->access_expires, world.clock.now() + 1h);
  EXPECT_THAT(upstream->scopes, ElementsAre("https://www.googleapis.com/auth/gmail.readonly"));
  EXPECT_EQ(live->client.str(), "client-one");
  EXPECT_THAT(live->scopes, ElementsAre("mail.read", "calendar.read", "drive.read"));
  EXPECT_EQ(live->resource, "http://localhost:8080/mcp");
  EXPECT_EQ(live->expires, world.clock.now() + 168h);
  EXPECT_EQ(live->token_expires, world.clock.now() + 1h);
  EXPECT_EQ(live->user, world.vault().hashed(base::UserId("108123456")));
  EXPECT_EQ(tokens.access_lifetime, 3600s);
}

// TM-01, I7
TEST(GrantVault, EndsEverySessionSevenDaysAfterSignIn) {
  VaultOptions options;
  options.session_ttl = 9999h;
  options.access_token_ttl = 9999h;
  World world(std::move(options));
  const IssuedTokens tokens = world.sign_in();
  EXPECT_EQ(tokens.access_lifetime, 168h);
  world.clock.advance(168h - 1s);
  EXPECT_TRUE(world.authenticate(tokens.access_token));

  world.clock.advance(1s);

  EXPECT_NE(refusal_of(world.authenticate(tokens.access_token)), std::nullopt);
  EXPECT_NE(refusal_of(world.refresh(tokens.refresh_token)), std::nullopt);
}

// VA-01
TEST(GrantVault, WritesRowsOfTheDocumentedShape) {
  World world;
  (void)world.sign_in();
  ASSERT_TRUE(world.await(world.vault().end_everything_of(base::UserId("somebody"))));

  for (const store::RecordPtr& row : world.rows()) {
    SCOPED_TRACE(row->key);
    EXPECT_TRUE(base::base64_decode(row->text("encryptedData")));
    EXPECT_TRUE(base::base64_decode(row->text("encryptedKey")));
    EXPECT_EQ(base::base64_decode(row->text("iv"))->size(), 12u);
    EXPECT_EQ(base::base64_decode(row->text("authTag"))->size(), 16u);
    EXPECT_EQ(base::base64_decode(row->text("salt"))->size(), 32u);
    EXPECT_EQ(base::base64_decode(row->text("commitment"))->size(), 32u);
    EXPECT_EQ(row->number("suite"), 2);
    EXPECT_EQ(row->version, 1);
    EXPECT_LE(row->ttl, base::epoch_seconds(world.clock.now() + 168h));
    EXPECT_GT(row->ttl, base::epoch_seconds(world.clock.now()));
    EXPECT_FALSE(row->write_id.empty());
  }
  EXPECT_EQ(world.rows().size(), 2u);
}

// Every form in which a secret could lie in a table, whole or in part.
std::vector<std::string> forms_of(std::string_view secret) {
  std::vector<std::string> forms{std::string(secret), base::hex_encode(secret),
                                 base::percent_encode(secret)};
  // Base64 looks different at each of three alignments.
  for (std::size_t skip = 0; skip < 3 && skip < secret.size(); ++skip) {
    std::string standard = base::base64_encode(secret.substr(skip));
    std::string url = base::base64url_encode(secret.substr(skip));
    standard.resize(standard.size() > 8 ? standard.size() - 4 : standard.size());
    url.resize(url.size() > 8 ? url.size() - 3 : url.size());
    forms.push_back(std::move(standard));
    forms.push_back(std::move(url));
  }
  return forms;
}

std::string text_of(const store::Record& record) {
  std::string text = record.key + '\n' + record.write_id + '\n';
  for (const auto& [name, value] : record.attributes) {
    const auto* string = std::get_if<std::string>(&value);
    if (string == nullptr) continue;
    text += *string + '\n';
    // What lies in base64 is looked at in the clear as well.
    if (const auto decoded = base::base64_decode(*string)) text += *decoded + '\n';
  }
  return text;
}

// VA-02, I8
TEST(GrantVault, StoresNoSecretInAnyForm) {
  World world;
  std::string table;
  const auto photograph = [&] {
    for (const store::RecordPtr& row : world.rows()) table += text_of(*row);
  };
  const Secret code = world.new_code();
  photograph();
  auto tokens = world.redeem(code);
  ASSERT_TRUE(tokens);
  photograph();
  auto next = world.refresh(tokens->refresh_token);
  ASSERT_TRUE(next);
  photograph();
  auto live = world.authenticate(next->access_token);
  ASSERT_TRUE(live);
  const UpstreamCredentials renewed = sample_upstream(world.clock, "ya29.second-canary", "");
  ASSERT_TRUE(
      world.await(world.vault().save_upstream(*live, next->access_token.reveal(), renewed)));
  ASSERT_TRUE(world.await(world.vault().end_everything_of(base::UserId("108123456"))));
  photograph();

  std::vector<std::string> canaries{"ya29.canary-access-token",
                                    "ya29.second-canary",
                                    "1//canary-refresh",
                                    "canary.person@example.com",
                                    "Canary Person",
                                    "108123456",
                                    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"};
  const Secret* issued[] = {&code, &tokens->access_token, &tokens->refresh_token,
                            &next->access_token, &next->refresh_token};
  for (const Secret* token : issued) {
    canaries.emplace_back(token->reveal());
    canaries.emplace_back(Bearer::parse(token->reveal())->secret());
  }
  for (const std::string& canary : canaries) {
    for (const std::string& form : forms_of(canary)) {
      EXPECT_EQ(table.find(form), std::string::npos) << form;
      EXPECT_THAT(world.replica.log.text(), Not(HasSubstr(form)));
    }
  }
}

// I13
TEST(GrantVault, ChangesNothingWhileTheKeyServiceIsDown) {
  World world;
  testing::Replica cold(world.store, world.clock);
  const IssuedTokens tokens = world.sign_in();
  ASSERT_TRUE(world.authenticate(tokens.access_token));
  const std::vector<store::RecordPtr> before = world.rows();
  cold.faulty_keys.failure = base::Error{base::Errc::unavailable, "down"};
  world.replica.faulty_keys.failure = cold.faulty_keys.failure;

  EXPECT_TRUE(world.authenticate(tokens.access_token)) << "a warm replica goes on";
  EXPECT_EQ(refusal_of(world.await(cold.vault.authenticate(tokens.access_token.reveal()))),
            Refused::unavailable);
  EXPECT_EQ(refusal_of(world.await(cold.vault.refresh(tokens.refresh_token, {}))),
            Refused::unavailable);
  EXPECT_EQ(world.rows(), before);

  cold.faulty_keys.failure.reset();
  EXPECT_TRUE(world.await(cold.vault.authenticate(tokens.access_token.reveal())));
}

// ST-02: what is warm goes on until the data key's hour is over; then it says try again, and
// recovers alone.
TEST(GrantVault, GoesOnThroughAnOutageOfTheKeyServiceForAnHour) {
  VaultOptions options;
  options.access_token_ttl = 3h;
  World world(std::move(options));
  const IssuedTokens tokens = world.sign_in();
  const std::vector<store::RecordPtr> before = world.rows();
  world.replica.faulty_keys.failure = base::Error{base::Errc::unavailable, "down"};
  const auto open = [&] {
    auto live = world.authenticate(tokens.access_token);
    EXPECT_TRUE(live);
    return world.await(world.vault().open_upstream(*live, tokens.access_token.reveal()));
  };
  EXPECT_TRUE(open());
  world.clock.advance(1h - 1s);
  EXPECT_TRUE(open());
  world.clock.advance(1s);
  EXPECT_EQ(refusal_of(open()), Refused::unavailable);
  EXPECT_EQ(world.rows(), before);
  world.replica.faulty_keys.failure.reset();
  EXPECT_TRUE(open());
}

// ST-09, T56: a database deletes late; the vault judges by its own clock.
TEST(GrantVault, TakesRowsThatTheStoreStillHasAfterTheirEndForAbsent) {
  boost::asio::io_context loop;
  const base::FixedClock standing(testing::kStart);
  base::FixedClock clock(testing::kStart);
  testing::FaultyStore store(standing);
  testing::Replica replica(store, clock);
  RecordVault records("gatehouse", store, replica.data_keys, clock, replica.random);
  const Secret content = Secret::copy_of("verifier");
  const Secret cookie = Secret::copy_of("cookie");
  ASSERT_TRUE(testing::run(loop, records.create("TXN#1", content, clock.now() + 600s, cookie)));
  const GrantTerms terms = testing::sample_terms(clock);
  const UpstreamCredentials upstream = testing::sample_upstream(clock);
  auto unused = testing::run(loop, replica.vault.create_grant(terms, upstream));
  auto code = testing::run(loop, replica.vault.create_grant(terms, upstream));
  ASSERT_TRUE(unused && code);
  auto pending = testing::run(loop, replica.vault.open_code(*code));
  auto tokens = testing::run(loop, replica.vault.redeem_code(std::move(*pending)));
  ASSERT_TRUE(tokens);

  clock.advance(168h);

  const auto refused = [&](auto task) { return refusal_of(testing::run(loop, std::move(task))); };
  EXPECT_EQ(refused(replica.vault.open_code(*unused)), Refused::expired);
  EXPECT_EQ(refused(replica.vault.authenticate(tokens->access_token.reveal())), Refused::expired);
  EXPECT_EQ(refused(replica.vault.inspect_refresh(tokens->refresh_token)), Refused::expired);
  EXPECT_EQ(refused(records.open("TXN#1", cookie)), Refused::expired);
}

// TM-04
TEST(GrantVault, CountsSecondsBeyond2038AndNoMilliseconds) {
  World world;
  world.clock.set(base::from_epoch_seconds(4'102'444'800));  // 2100
  const IssuedTokens tokens = world.sign_in();
  EXPECT_TRUE(world.authenticate(tokens.access_token));
  store::Record row = *world.row("GRANT#");
  EXPECT_EQ(row.ttl, 4'102'444'800 + 604'800);
  row.key += "x";
  row.ttl *= 1'000;
  auto created = world.await(world.store.memory.create(row));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, base::Errc::invalid_argument);
  world.clock.advance(168h);
  EXPECT_NE(refusal_of(world.authenticate(tokens.access_token)), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::vault
