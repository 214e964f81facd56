// SPDX-License-Identifier: Apache-2.0
// What somebody who can write the table, or read it together with a key, gets out of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/envelope.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/record_seal.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::refusal_of;
using testing::World;

// One row per way of flipping one bit of `record`, handed to `try_one` with a name.
void for_each_flip(const store::Record& record,
                   const std::function<void(const std::string&, const store::Record&)>& try_one) {
  for (const auto& [name, value] : record.attributes) {
    const auto* text = std::get_if<std::string>(&value);
    const std::size_t bits = text == nullptr ? 64 : text->size() * 8;
    for (std::size_t bit = 0; bit < bits; ++bit) {
      store::Record altered = record;
      if (text == nullptr) {
        std::get<std::int64_t>(altered.attributes[name]) ^= std::int64_t(std::uint64_t{1} << bit);
      } else {
        std::string& copy = std::get<std::string>(altered.attributes[name]);
        copy[bit / 8] = static_cast<char>(copy[bit / 8] ^ (1 << (bit % 8)));
        // The store holds text; what no database would keep never reaches us.
        if (!base::is_valid_utf8(copy)) continue;
      }
      try_one(name + " bit " + std::to_string(bit), altered);
    }
  }
}

// VA-03
TEST(GrantTampering, RefusesEveryFlippedBitOfEveryField) {
  World world;
  const IssuedTokens first = world.sign_in();
  auto tokens = world.refresh(first.refresh_token, {"mail.read"});
  ASSERT_TRUE(tokens);
  ASSERT_TRUE(world.authenticate(tokens->access_token)) << "also with a proof in memory";
  const store::Record good = *world.row("GRANT#");
  int tried = 0;

  for_each_flip(good, [&](const std::string& name, const store::Record& altered) {
    ++tried;
    world.plant(altered);
    const auto refusal = refusal_of(world.authenticate(tokens->access_token));
    ASSERT_NE(refusal, std::nullopt) << name;
    ASSERT_NE(refusal, Refused::unavailable) << name;
    const store::RecordPtr kept = world.row("GRANT#");
    ASSERT_TRUE(kept != nullptr && *kept == altered) << name << " was not kept";
  });

  EXPECT_GT(tried, 5'000);
  EXPECT_THAT(world.replica.log.text(), HasSubstr("grant record does not open"));
  EXPECT_THAT(world.replica.log.text(), Not(HasSubstr("gth_")));
  world.plant(good);
  EXPECT_TRUE(world.authenticate(tokens->access_token));
}

// VA-08, VA-17, VA-26, VA-27, MR-09
TEST(GrantTampering, RefusesAlteredFieldsOfTheRecordItself) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const store::Record good = *world.row("GRANT#");
  const struct {
    const char* name;
    std::function<void(store::Record&)> alter;
  } cases[] = {
      {"VA-08: ttl a day longer", [](auto& row) { row.ttl += 86'400; }},
      {"ttl a second shorter", [](auto& row) { row.ttl -= 1; }},
      {"VA-17: version 2", [](auto& row) { row.version = 2; }},
      {"version 0", [](auto& row) { row.version = 0; }},
      {"VA-17: suite 1", [](auto& row) { row.attributes["suite"] = std::int64_t{1}; }},
      {"suite 3", [](auto& row) { row.attributes["suite"] = std::int64_t{3}; }},
      {"suite as text", [](auto& row) { row.attributes["suite"] = std::string("2"); }},
      {"suite gone", [](auto& row) { row.attributes.erase("suite"); }},
      {"generation raised", [](auto& row) { row.generation += 1; }},
      {"generation lowered", [](auto& row) { row.generation -= 1; }},
      {"write id", [](auto& row) { row.write_id = "other"; }},
      {"write id gone", [](auto& row) { row.write_id.clear(); }},
      {"an attribute more", [](auto& row) { row.attributes["scope2"] = std::string("all"); }},
      {"wider scope", [](auto& row) { row.attributes["scope"] = std::string("mail.send"); }},
      {"another client", [](auto& row) { row.attributes["clientId"] = std::string("client-two"); }},
      {"epoch of next year",
       [](auto& row) { row.attributes["epoch"] = std::int64_t{1'900'000'000}; }},
      {"later end", [](auto& row) { std::get<std::int64_t>(row.attributes["expires"]) += 86'400; }},
      {"later sign-in",
       [](auto& row) { std::get<std::int64_t>(row.attributes["authTime"]) += 86'400; }},
      {"another user", [](auto& row) { row.attributes["sub"] = std::string("someone"); }},
      {"user key without end", [](auto& row) { row.attributes["sub"] = std::string(1'000, 'u'); }},
      {"no refresh token", [](auto& row) { row.attributes.erase("rtTag"); }},
      {"huge attribute", [](auto& row) { row.attributes["big"] = std::string(70'000, 'x'); }},
      {"VA-26: base64 with a space",
       [](auto& row) { std::get<std::string>(row.attributes["iv"])[3] = ' '; }},
      {"VA-26: base64 without padding",
       [](auto& row) { std::get<std::string>(row.attributes["authTag"]).resize(22); }},
      {"VA-26: stray bits",
       [](auto& row) { std::get<std::string>(row.attributes["authTag"])[21] ^= 1; }},
      {"VA-27: tag of 12 bytes",
       [](auto& row) { row.attributes["authTag"] = base::base64_encode(std::string(12, 't')); }},
      {"VA-27: tag of 0 bytes", [](auto& row) { row.attributes["authTag"] = std::string(); }},
      {"VA-27: empty ciphertext",
       [](auto& row) { row.attributes["encryptedData"] = std::string(); }},
      {"VA-27: huge ciphertext",
       [](auto& row) {
         row.attributes["encryptedData"] = base::base64_encode(std::string(180'000, 'x'));
       }},
      {"encryptedKey gone", [](auto& row) { row.attributes.erase("encryptedKey"); }},
      {"encryptedKey a number",
       [](auto& row) { row.attributes["encryptedKey"] = std::int64_t{7}; }},
  };
  for (const bool warm : {false, true}) {
    for (const auto& c : cases) {
      SCOPED_TRACE(c.name);
      world.plant(good);
      testing::Replica replica(world.store, world.clock);
      if (warm) {
        ASSERT_TRUE(world.await(replica.vault.authenticate(tokens.access_token.reveal())));
      }
      store::Record altered = good;
      c.alter(altered);
      world.plant(altered);

      const auto result = world.await(replica.vault.authenticate(tokens.access_token.reveal()));

      EXPECT_EQ(refusal_of(result), Refused::tampered);
      EXPECT_EQ(*world.row("GRANT#"), altered) << "the row is kept";
      EXPECT_THAT(replica.log.text(), HasSubstr("grant record does not open"));
    }
  }
}

// VA-05
TEST(GrantTampering, RefusesSealedFieldsOfAnotherRow) {
  World world;
  const IssuedTokens ann = world.sign_in("ann");
  const store::Record anns = *world.row("GRANT#");
  const IssuedTokens bob = world.sign_in("bob");
  store::Record bobs;
  for (const store::RecordPtr& row : world.rows()) {
    if (row->key != anns.key) bobs = *row;
  }
  const auto sealed = {"encryptedData", "encryptedKey", "iv", "authTag", "salt", "commitment"};

  store::Record four_columns = anns;
  for (const char* name : sealed) four_columns.attributes[name] = bobs.attributes[name];
  world.plant(four_columns);
  EXPECT_EQ(refusal_of(world.authenticate(ann.access_token)), Refused::tampered);

  store::Record whole_row = bobs;
  whole_row.key = anns.key;
  world.plant(whole_row);
  EXPECT_NE(refusal_of(world.authenticate(ann.access_token)), std::nullopt);

  store::Record with_own_tokens = bobs;
  with_own_tokens.key = anns.key;
  for (const char* name : {"at", "rtTag", "rtWrap"}) {
    with_own_tokens.attributes[name] = anns.attributes.at(name);
  }
  world.plant(with_own_tokens);
  EXPECT_EQ(refusal_of(world.authenticate(ann.access_token)), Refused::tampered);
}

TEST(GrantTampering, RefusesARowOfAnotherTable) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  VaultOptions options;
  options.table = "staging";
  testing::Replica staging(world.store, world.clock, std::move(options));
  EXPECT_EQ(refusal_of(world.await(staging.vault.authenticate(tokens.access_token.reveal()))),
            Refused::tampered);
}

// T52: a token newer than its row proves that the row is old.
TEST(GrantTampering, EndsAGrantWhoseOldRowWasPutBack) {
  for (const bool by_access : {true, false}) {
    SCOPED_TRACE(by_access);
    World world;
    const IssuedTokens tokens = world.sign_in();
    const store::Record old = *world.row("GRANT#");
    auto next = world.refresh(tokens.refresh_token);
    ASSERT_TRUE(next);
    ASSERT_TRUE(world.authenticate(next->access_token));
    world.plant(old);

    const auto refusal = by_access ? refusal_of(world.authenticate(next->access_token))
                                   : refusal_of(world.refresh(next->refresh_token));

    EXPECT_EQ(refusal, Refused::tampered);
    EXPECT_THAT(world.replica.log.text(), HasSubstr("grant record was rolled back"));
    EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::unknown);
    EXPECT_EQ(refusal_of(world.refresh(tokens.refresh_token)), Refused::unknown);
  }
}

// The same row with its counter raised hides nothing: it does not open.
TEST(GrantTampering, RefusesAnOldRowWithARaisedGeneration) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  store::Record old = *world.row("GRANT#");
  auto next = world.refresh(tokens.refresh_token);
  ASSERT_TRUE(next);
  old.generation = 1'000;
  world.plant(old);

  EXPECT_EQ(refusal_of(world.authenticate(next->access_token)), Refused::unknown);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::tampered);
}

TEST(GrantTampering, DoesNotLetAUsedCodeComeBack) {
  World world;
  const Secret code = world.new_code();
  const store::Record unused = *world.row("GRANT#");
  auto tokens = world.redeem(code);
  ASSERT_TRUE(tokens);
  store::Record mixed = *world.row("GRANT#");
  for (const char* name : {"codeTag", "codeWrap", "codeExpires", "codeFailures"}) {
    mixed.attributes[name] = unused.attributes.at(name);
  }
  world.plant(mixed);

  EXPECT_EQ(refusal_of(world.redeem(code)), Refused::tampered);
}

TEST(GrantTampering, RefusesAnAlteredEpoch) {
  World world;
  const base::UserId user("ann");
  ASSERT_TRUE(world.await(world.vault().end_everything_of(user)));
  const store::Record first = *world.row("USER#");
  world.clock.advance(10s);
  ASSERT_TRUE(world.await(world.vault().end_everything_of(user)));
  const store::Record second = *world.row("USER#");
  const IssuedTokens tokens = world.sign_in("ann");
  ASSERT_TRUE(world.authenticate(tokens.access_token));

  for_each_flip(second, [&](const std::string& name, const store::Record& altered) {
    world.plant(altered);
    ASSERT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::tampered) << name;
  });
  store::Record longer = second;
  longer.ttl += 1;
  world.plant(longer);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::tampered);
  world.plant(first);
  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::tampered);
  world.plant(second);
  EXPECT_TRUE(world.authenticate(tokens.access_token));
}

// An epoch that does not open is no way to stay signed in.
TEST(GrantTampering, SignsOutEverywhereOverAnAlteredEpoch) {
  World world;
  const base::UserId user("ann");
  ASSERT_TRUE(world.await(world.vault().end_everything_of(user)));
  const IssuedTokens tokens = world.sign_in("ann");
  store::Record broken = *world.row("USER#");
  std::get<std::string>(broken.attributes["commitment"])[0] ^= 1;
  world.plant(broken);
  world.clock.advance(1s);

  ASSERT_TRUE(world.await(world.vault().end_everything_of(user)));

  EXPECT_EQ(refusal_of(world.authenticate(tokens.access_token)), Refused::ended);
}

// 5.1: the table and the key service together open nothing at rest.
TEST(GrantTampering, OpensNothingWithTableAndKeyButNoToken) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const store::Record row = *world.row("GRANT#");
  const auto wrapped = base::base64_decode(row.text("encryptedKey"));
  auto data_key = world.await(world.replica.data_keys.opening_key(*wrapped));
  ASSERT_TRUE(data_key) << "the key service does its part";
  const RecordSeal seal("gatehouse", world.replica.data_keys, world.replica.random);

  for (const Secret& guess : {Secret(), Secret(32)}) {
    auto opened = world.await(seal.open(row, guess));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, base::Errc::denied);
  }

  // A token forged from everything the table says, under a key of one's own.
  const Secret secret = world.replica.random.secret(32);
  const TokenKeys::Key own{1, world.replica.random.secret(32)};
  const auto gid = base::base64url_decode(std::string_view(row.key).substr(6));
  const Secret forged = mint_bearer(BearerKind::access, own, *gid, 2, secret.reveal());
  EXPECT_EQ(refusal_of(world.authenticate(forged)), Refused::malformed);
}

// 5.1: the table and a live token open nothing without the key service.
TEST(GrantTampering, OpensNothingWithTableAndTokenButNoKey) {
  World world;
  const IssuedTokens tokens = world.sign_in();
  const store::Record row = *world.row("GRANT#");
  const std::optional<Bearer> bearer = Bearer::parse(tokens.access_token.reveal());
  const base::Result<GrantRow> parsed = grant_row_of(row);
  ASSERT_TRUE(parsed);
  const AccessSlot* slot = parsed->find_access(bearer->tag());
  ASSERT_NE(slot, nullptr);
  const base::Result<Secret> grant_key = unwrap_grant_key(*bearer, slot->token.wrap);
  ASSERT_TRUE(grant_key) << "the token does its part";

  LocalKeyProvider stranger(testing::keys_of(1, 'S'), world.replica.random);
  DataKeys keys(stranger, {{"app", "gatehouse"}, {"table", "gatehouse"}}, DataKeyLimits{},
                world.clock);
  const RecordSeal seal("gatehouse", keys, world.replica.random);
  auto opened = world.await(seal.open(row, *grant_key));

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::Errc::denied);
}

}  // namespace
}  // namespace gatehouse::vault
