// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_vault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
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
using testing::sample_terms;
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

TEST(GrantVault, GivesTheTermsBeforeTheCodeIsUsed) {
  World world;
  const Secret code = world.new_code();

  auto pending = world.await(world.vault().open_code(code));

  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->terms.user.str(), "108123456");
  EXPECT_EQ(pending->terms.client.str(), "client-one");
  EXPECT_EQ(pending->terms.redirect_uri, "http://127.0.0.1:33418/callback");
  EXPECT_EQ(pending->terms.code_challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  EXPECT_EQ(pending->terms.signed_in_at, world.clock.now());
}

TEST(GrantVault, AuthenticatesWithOneReadOnceTheUserIsKnown) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  ASSERT_TRUE(world.authenticate(tokens.access_token));
  const int calls = world.store.calls;
  const int unwrapped = world.replica.faulty_keys.unwrapped;

  ASSERT_TRUE(world.authenticate(tokens.access_token));

  EXPECT_EQ(world.store.calls - calls, 1);
  EXPECT_EQ(world.replica.faulty_keys.unwrapped, unwrapped);
}

// TK-03
TEST(GrantVault, EndsEverythingIssuedFromACodeThatIsUsedAgain) {
  World world;
  const Secret code = world.new_code();
  auto tokens = world.redeem(code);
  ASSERT_TRUE(tokens);
  world.clock.advance(10s);

  EXPECT_EQ(refusal_of(world.redeem(code)), Refused::replayed);

  EXPECT_EQ(refusal_of(world.authenticate(tokens->access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.refresh(tokens->refresh_token)), Refused::unknown);
  EXPECT_THAT(world.replica.log.text(), HasSubstr("authorization code used again"));
}

// TK-04, TM-06
TEST(GrantVault, RefusesACodeFromTheSecondItExpires) {
  World world;
  const Secret early = world.new_code();
  world.clock.advance(59s);
  EXPECT_TRUE(world.await(world.vault().open_code(early)));
  world.clock.advance(1s);
  EXPECT_NE(refusal_of(world.await(world.vault().open_code(early))), std::nullopt);
}

// TK-04: by our own clock, whatever ttl the table holds.
TEST(GrantVault, RefusesAnExpiredCodeWhoseRowIsStillThere) {
  World world;
  const Secret code = world.new_code();
  store::Record row = *world.row("GRANT#");
  row.ttl += 3600;
  world.plant(row);
  world.clock.advance(60s);

  EXPECT_EQ(refusal_of(world.redeem(code)), Refused::expired);
}

// TK-02
TEST(GrantVault, BurnsACodeAtTheFifthWrongVerifier) {
  World world;
  const Secret kept = world.new_code();
  const Secret burnt = world.new_code("another");
  auto pending_kept = world.await(world.vault().open_code(kept));
  auto pending = world.await(world.vault().open_code(burnt));
  ASSERT_TRUE(pending_kept && pending);

  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(world.await(world.vault().count_code_failure(*pending_kept)));
  }
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(world.await(world.vault().count_code_failure(*pending)));
  }

  EXPECT_TRUE(world.redeem(kept));
  EXPECT_EQ(refusal_of(world.redeem(burnt)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.await(world.vault().redeem_code(std::move(*pending)))),
            Refused::unknown);
}

// TK-06: looking at a code does not use it up.
TEST(GrantVault, KeepsACodeThatWasOnlyLookedAt) {
  World world;
  const Secret code = world.new_code();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(world.await(world.vault().open_code(code)));
  EXPECT_TRUE(world.redeem(code));
}

TEST(GrantVault, HasOneWinnerWhenACodeIsRedeemedTwiceAtOnce) {
  World world;
  const Secret code = world.new_code();
  auto first = world.await(world.vault().open_code(code));
  auto second = world.await(world.vault().open_code(code));
  ASSERT_TRUE(first && second);
  world.store.yielding = true;

  std::vector<VaultTask<IssuedTokens>> both;
  both.push_back(world.vault().redeem_code(std::move(*first)));
  both.push_back(world.vault().redeem_code(std::move(*second)));
  auto results = testing::run_all(world.loop, std::move(both));

  const int winner = results[0] ? 0 : 1;
  ASSERT_TRUE(results[winner]);
  EXPECT_EQ(refusal_of(results[1 - winner]), Refused::replayed);
  EXPECT_TRUE(world.authenticate(results[winner]->access_token));
}

TEST(GrantVault, LooksNothingUpForATokenThatIsNotOurs) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const std::string good(tokens.access_token.reveal());
  std::string altered = good;
  altered[90] = altered[90] == 'A' ? 'B' : 'A';
  const std::string refresh(tokens.refresh_token.reveal());
  const struct {
    const char* name;
    std::string token;
  } cases[] = {
      {"empty", ""},
      {"of Google", "ya29.a0AfH6SMBx"},
      {"too short", good.substr(0, 97)},
      {"too long", good + "A"},
      {"padded", good.substr(0, 97) + "="},
      {"standard alphabet", good.substr(0, 97) + "+"},
      {"altered", altered},
      {"a refresh token", refresh},
      {"a refresh token under the prefix of an access token", "gth_a_" + refresh.substr(6)},
      {"64 KB", "gth_a_" + std::string(65536, 'A')},
      {"not ASCII", "gth_a_" + std::string(92, '\xE9')},
      {"NUL", "gth_a_" + std::string(92, '\0')},
  };
  const int calls = world.store.calls;

  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Secret token = Secret::copy_of(c.token);
    EXPECT_EQ(refusal_of(world.authenticate(token)), Refused::malformed);
    EXPECT_EQ(refusal_of(world.await(world.vault().open_code(token))), Refused::malformed);
  }

  EXPECT_EQ(world.store.calls, calls);
}

TEST(GrantVault, RefusesTokensOfAnotherDeployment) {
  World theirs;
  const IssuedTokens tokens = theirs.sign_in();
  const TokenKeys our_keys(testing::keys_of(1, 'X'));
  GrantVault ours(VaultOptions(), theirs.store, theirs.replica.data_keys, our_keys, theirs.clock,
                  theirs.replica.random, theirs.replica.log);

  auto result = theirs.await(ours.authenticate(tokens.access_token.reveal()));

  EXPECT_EQ(refusal_of(result), Refused::malformed);
}

// TM-06
TEST(GrantVault, RefusesAnAccessTokenFromTheSecondItExpires) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  world.clock.advance(3599s);
  EXPECT_TRUE(world.authenticate(tokens.access_token));
  world.clock.advance(1s);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::expired);
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

TEST(GrantVault, CountsTheSevenDaysFromSignInNotFromTheGrant) {
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

TEST(GrantVault, RefusesASignInThatIsAlreadyOver) {
  World world;
  GrantTerms terms = sample_terms(world.clock);
  terms.signed_in_at = world.clock.now() - 168h;
  const UpstreamCredentials upstream = sample_upstream(world.clock);
  EXPECT_EQ(refusal_of(world.await(world.vault().create_grant(terms, upstream))), Refused::expired);
}

TEST(GrantVault, TakesASignInOfTheFutureForOneOfNow) {
  World world;
  GrantTerms terms = sample_terms(world.clock);
  terms.signed_in_at = world.clock.now() + 1000h;
  const UpstreamCredentials upstream = sample_upstream(world.clock);
  auto code = world.await(world.vault().create_grant(terms, upstream));
  ASSERT_TRUE(code);
  auto pending = world.await(world.vault().open_code(*code));
  EXPECT_EQ(pending->terms.signed_in_at, world.clock.now());
}

TEST(GrantVault, KeepsFieldsItCannotHoldOut) {
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

TEST(GrantVault, LeavesNothingOfACodeThatNobodyUsed) {
  World world;
  (void)world.new_code();
  world.clock.advance(60s);
  EXPECT_TRUE(world.rows().empty());
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

// I5, and the refresh token that Google leaves out.
TEST(GrantVault, KeepsTheOldGoogleRefreshTokenWhenNoneComes) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  const UpstreamCredentials renewed = sample_upstream(world.clock, "ya29.renewed", "");

  auto saved =
      world.await(world.vault().save_upstream(*live, tokens.access_token.reveal(), renewed));

  ASSERT_TRUE(saved) << saved.error().detail;
  auto upstream = world.await(world.vault().open_upstream(*saved, tokens.access_token.reveal()));
  ASSERT_TRUE(upstream);
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.renewed");
  EXPECT_EQ(upstream->refresh_token.reveal(), "1//canary-refresh");
  auto again = world.authenticate(tokens.access_token);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->record, *saved->record);
}

// I5
TEST(GrantVault, NeverReplacesANewerGoogleCredential) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  const UpstreamCredentials newer = sample_upstream(world.clock, "ya29.newer", "1//newer");
  const UpstreamCredentials older = sample_upstream(world.clock, "ya29.older", "1//older");
  const std::string_view token = tokens.access_token.reveal();
  ASSERT_TRUE(world.await(world.vault().save_upstream(*live, token, newer)));

  EXPECT_EQ(refusal_of(world.await(world.vault().save_upstream(*live, token, older))),
            Refused::unavailable);

  auto now = world.authenticate(tokens.access_token);
  auto upstream = world.await(world.vault().open_upstream(*now, token));
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.newer");
}

TEST(GrantVault, SavesGooglesTokenAcrossARefreshOfOurs) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  auto next = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(next);
  const UpstreamCredentials renewed = sample_upstream(world.clock, "ya29.renewed", "");

  auto saved =
      world.await(world.vault().save_upstream(*live, tokens.access_token.reveal(), renewed));

  ASSERT_TRUE(saved) << saved.error().detail;
  auto now = world.authenticate(next->access_token);
  ASSERT_TRUE(now) << now.error().detail;
  auto upstream = world.await(world.vault().open_upstream(*now, next->access_token.reveal()));
  EXPECT_EQ(upstream->access_token.reveal(), "ya29.renewed");
  EXPECT_TRUE(world.refresh(next->refresh_token));
}

TEST(GrantVault, SavesGooglesTokenEvenWhenTheAccessTokenWasReplacedMeanwhile) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  ASSERT_TRUE(live);
  IssuedTokens latest;
  latest.refresh_token = tokens.refresh_token.clone();
  for (int i = 0; i < 5; ++i) {
    auto next = world.refresh(latest.refresh_token);
    ASSERT_TRUE(next);
    latest = std::move(*next);
  }
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::unknown);
  const UpstreamCredentials renewed = sample_upstream(world.clock, "ya29.renewed", "1//rotated");

  ASSERT_TRUE(
      world.await(world.vault().save_upstream(*live, tokens.access_token.reveal(), renewed)));

  auto now = world.authenticate(latest.access_token);
  auto upstream = world.await(world.vault().open_upstream(*now, latest.access_token.reveal()));
  EXPECT_EQ(upstream->refresh_token.reveal(), "1//rotated");
}

TEST(GrantVault, EndsAGrantWhoseGoogleCredentialWasRefused) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);

  ASSERT_TRUE(world.await(world.vault().end_grant(*live)));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::unknown);
}

TEST(GrantVault, KeepsAGrantThatHoldsANewerCredentialThanTheRefusedOne) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  const UpstreamCredentials newer = sample_upstream(world.clock, "ya29.newer", "1//newer");
  ASSERT_TRUE(world.await(world.vault().save_upstream(*live, tokens.access_token.reveal(), newer)));

  ASSERT_TRUE(world.await(world.vault().end_grant(*live)));

  EXPECT_TRUE(world.authenticate(tokens.access_token));
}

// I4: what is left of an ended grant holds nothing, and no late write replaces it.
TEST(GrantVault, LeavesATombstoneThatLateWritesDoNotReplace) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  auto live = world.authenticate(tokens.access_token);
  const store::Record before = *world.row("GRANT#");
  ASSERT_TRUE(
      world.await(world.vault().revoke_token(tokens.refresh_token, base::ClientId("client-one"))));

  const UpstreamCredentials late = sample_upstream(world.clock);
  EXPECT_EQ(refusal_of(world.await(
                world.vault().save_upstream(*live, tokens.access_token.reveal(), late))),
            Refused::unknown);
  store::Record again = before;
  EXPECT_FALSE(world.await(world.store.create(again)));

  const store::RecordPtr tombstone = world.row("GRANT#");
  ASSERT_NE(tombstone, nullptr);
  EXPECT_TRUE(tombstone->has("ended"));
  EXPECT_FALSE(tombstone->has("at"));
  EXPECT_FALSE(tombstone->has("sub"));
  EXPECT_TRUE(tombstone->text("encryptedData").empty());
  EXPECT_EQ(tombstone->ttl, base::epoch_seconds(world.clock.now() + 24h));
}

TEST(GrantVault, EndsAGrantEvenWhileTheKeyServiceIsDown) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  world.clock.advance(30h);  // past the sealing key and its overtime
  world.replica.faulty_keys.failure = base::Error{base::Errc::unavailable, "down"};

  ASSERT_TRUE(
      world.await(world.vault().revoke_token(tokens.refresh_token, base::ClientId("client-one"))));

  EXPECT_EQ(world.row("GRANT#"), nullptr);
  EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::unknown);
}

// RF-11
TEST(GrantVault, RevokesOneAccessTokenAndNothingElse) {
  World world;
  const IssuedTokens first = world.sign_in();
  auto second = world.refresh(first.refresh_token);
  ASSERT_TRUE(second);
  ASSERT_TRUE(world.authenticate(first.access_token));

  const base::ClientId owner("client-one");
  const auto revoked = world.await(world.vault().revoke_token(first.access_token, owner));
  ASSERT_TRUE(revoked);
  EXPECT_EQ(*revoked, Revoked::token);
  const auto again = world.await(world.vault().revoke_token(first.access_token, owner));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, Revoked::nothing);

  EXPECT_EQ(refusal_of(world.authenticate(first.access_token)), Refused::unknown);
  EXPECT_TRUE(world.authenticate(second->access_token));
  EXPECT_TRUE(world.refresh(second->refresh_token));
}

// RF-12, RF-15
TEST(GrantVault, LetsNobodyRevokeWhatIsNotTheirs) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const base::ClientId stranger("client-two");
  const base::ClientId owner("client-one");
  const Secret garbage = Secret::copy_of("gth_r_" + std::string(92, 'A'));
  const Secret huge = Secret::copy_of(std::string(100'000, 'x'));

  const auto revoke = [&world](const Secret& token, const base::ClientId& client) {
    const auto revoked = world.await(world.vault().revoke_token(token, client));
    EXPECT_TRUE(revoked);
    return revoked ? *revoked : Revoked::grant;
  };
  EXPECT_EQ(revoke(tokens.refresh_token, stranger), Revoked::nothing);
  EXPECT_EQ(revoke(tokens.access_token, stranger), Revoked::nothing);
  EXPECT_EQ(revoke(garbage, owner), Revoked::nothing);
  EXPECT_EQ(revoke(huge, owner), Revoked::nothing);

  EXPECT_TRUE(world.authenticate(tokens.access_token));
  EXPECT_TRUE(world.refresh(tokens.refresh_token));
  EXPECT_EQ(revoke(tokens.refresh_token, owner), Revoked::grant);
}

TEST(GrantVault, EndsAllGrantsOfAUserOnEveryReplicaAtOnce) {
  World world;
  testing::Replica other(world.store, world.clock);
  const IssuedTokens mine = world.sign_in("ann");
  const IssuedTokens also_mine = world.sign_in("ann");
  const IssuedTokens not_mine = world.sign_in("bob");
  ASSERT_TRUE(world.await(other.vault.authenticate(mine.access_token.reveal())));
  ASSERT_TRUE(world.authenticate(also_mine.access_token));
  ASSERT_TRUE(world.authenticate(not_mine.access_token));

  ASSERT_TRUE(world.await(world.vault().end_everything_of(base::UserId("ann"))));

  EXPECT_EQ(refusal_of(world.await(other.vault.authenticate(mine.access_token.reveal()))),
            Refused::ended);
  EXPECT_EQ(refusal_of(world.authenticate(also_mine.access_token)), Refused::ended);
  EXPECT_EQ(refusal_of(world.refresh(mine.refresh_token)), Refused::ended);
  EXPECT_TRUE(world.authenticate(not_mine.access_token));
}

TEST(GrantVault, LetsAUserSignInAgainAfterSigningOutEverywhere) {
  World world;
  const base::UserId user("ann");
  auto before = world.await(world.vault().epoch_of(user));
  ASSERT_TRUE(world.await(world.vault().end_everything_of(user)));
  const IssuedTokens tokens = world.sign_in("ann");
  EXPECT_TRUE(world.authenticate(tokens.access_token));
  auto first = world.await(world.vault().epoch_of(user));

  // Within the same second, too.
  ASSERT_TRUE(world.await(world.vault().end_everything_of(user)));

  auto second = world.await(world.vault().epoch_of(user));
  EXPECT_EQ(*before, 0);
  EXPECT_LT(*before, *first);
  EXPECT_LT(*first, *second);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::ended);
}

TEST(GrantVault, EndsGrantsMadeUnderARetiringTokenKey) {
  World world;
  const IssuedTokens tokens = world.sign_in("ann");
  std::vector<TokenKeys::Key> rotated = testing::keys_of(2, 'U');
  rotated.push_back(std::move(testing::keys_of(1, 'T')[0]));
  const TokenKeys keys(std::move(rotated));
  GrantVault vault(VaultOptions(), world.store, world.replica.data_keys, keys, world.clock,
                   world.replica.random, world.replica.log);
  ASSERT_TRUE(world.await(vault.authenticate(tokens.access_token.reveal())));
  auto refreshed = world.await(vault.refresh(tokens.refresh_token, {}));
  ASSERT_TRUE(refreshed);
  ASSERT_TRUE(world.await(vault.authenticate(refreshed->access_token.reveal())));

  ASSERT_TRUE(world.await(vault.end_everything_of(base::UserId("ann"))));

  EXPECT_EQ(refusal_of(world.await(vault.authenticate(refreshed->access_token.reveal()))),
            Refused::ended);
}

// VA-19: a proof from a moment ago authorises nothing.
TEST(GrantVault, AsksTheStoreBeforeEveryAnswer) {
  World world;
  testing::Replica other(world.store, world.clock);
  const IssuedTokens tokens = world.sign_in();
  ASSERT_TRUE(world.authenticate(tokens.access_token));
  ASSERT_TRUE(world.authenticate(tokens.access_token));

  ASSERT_TRUE(
      world.await(other.vault.revoke_token(tokens.refresh_token, base::ClientId("client-one"))));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::unknown);
}

// I6
TEST(GrantVault, KeepsUsersApart) {
  World world;
  const IssuedTokens ann = world.sign_in("ann");
  const IssuedTokens bob = world.sign_in("bob");
  auto live = world.authenticate(ann.access_token);
  ASSERT_TRUE(live);

  auto crossed = world.await(world.vault().open_upstream(*live, bob.access_token.reveal()));

  EXPECT_EQ(refusal_of(crossed), Refused::unknown);
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

// ST-07: a grant id that is taken, by whatever chance, is never overwritten.
TEST(GrantVault, MakesNoGrantOverAnother) {
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

// VA-19: a proof is no better than the key it was made with.
TEST(GrantVault, ForgetsProofsOfATokenKeyThatIsGone) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  ASSERT_TRUE(world.authenticate(tokens.access_token));
  ASSERT_TRUE(world.authenticate(tokens.access_token));

  world.replica.token_keys.adopt(testing::keys_of(2, 'U'));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::malformed);
  EXPECT_TRUE(world.authenticate(world.sign_in().access_token));
}

}  // namespace
}  // namespace gatehouse::vault
