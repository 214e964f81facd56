// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/token_key_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using ::testing::HasSubstr;
using ::testing::Not;
using Fault = testing::FaultyStore::Fault;

constexpr auto kDay = 24h;
const KeyContext kDataContext{{"app", "gatehouse"}, {"table", "gatehouse"}};

std::vector<std::uint8_t> ids_of(const TokenKeys& keys) {
  std::vector<std::uint8_t> ids;
  for (const TokenKeys::Key& key : keys.all()) ids.push_back(key.id);
  return ids;
}

class TokenKeyRecordsTest : public ::testing::Test {
 protected:
  static Deployment deployment(const std::string& issuer = "https://gate.example") {
    Deployment deployment;
    deployment.table = "gatehouse";
    deployment.issuer = issuer;
    deployment.data_key_context = kDataContext;
    return deployment;
  }
  TokenKeyRecords records_with(Deployment which, KeyProvider& keys) {
    return TokenKeyRecords(std::move(which), world.store, keys, world.clock, world.replica.random,
                           log);
  }
  base::Result<std::vector<TokenKeys::Key>> load() { return world.await(records.load()); }
  base::Result<void> refresh(TokenKeys& keys) { return world.await(records.refresh(keys)); }
  TokenKeys loaded() {
    auto keys = load();
    EXPECT_TRUE(keys) << keys.error().detail;
    return TokenKeys(std::move(*keys));
  }

  testing::World world;
  telemetry::MemoryLog log;
  LocalKeyProvider local{testing::keys_of(1, 'M'), world.replica.random};
  testing::FaultyKeyProvider provider{local};
  TokenKeyRecords records = records_with(deployment(), provider);
};

// VA-01 for KEY# rows.
TEST_F(TokenKeyRecordsTest, MakesTheFirstKeyAndReadsItEverAfter) {
  const TokenKeys first = loaded();
  const TokenKeys again = loaded();

  EXPECT_EQ(ids_of(first), std::vector<std::uint8_t>{1});
  EXPECT_EQ(first.current().bytes.reveal(), again.current().bytes.reveal());
  EXPECT_EQ(provider.generated, 1);
  const store::RecordPtr row = world.row("KEY#");
  EXPECT_EQ(row->key, "KEY#1");
  EXPECT_EQ(row->version, 1);
  EXPECT_EQ(row->number("suite"), 2);
  EXPECT_EQ(row->number("activeFrom"), base::epoch_seconds(testing::kStart));
  EXPECT_EQ(row->number("created"), base::epoch_seconds(testing::kStart));
  EXPECT_EQ(row->text("issuer"), "https://gate.example");
  EXPECT_EQ(base::base64_decode(row->text("iv"))->size(), 12u);
  EXPECT_EQ(base::base64_decode(row->text("authTag"))->size(), 16u);
  EXPECT_TRUE(row->has("encryptedData"));
  EXPECT_TRUE(row->has("encryptedKey"));
  for (const auto& [name, value] : row->attributes) {
    const auto* const text = std::get_if<std::string>(&value);
    if (text == nullptr) continue;
    const std::string plain(first.current().bytes.reveal());
    EXPECT_THAT(*text, Not(HasSubstr(base::base64_encode(plain)))) << name;
  }
}

TEST_F(TokenKeyRecordsTest, OneOfManyFirstReplicasMakesTheKey) {
  world.store.yielding = true;
  std::vector<std::unique_ptr<TokenKeyRecords>> replicas;
  std::vector<base::Task<std::vector<TokenKeys::Key>>> loading;
  for (int i = 0; i < 8; ++i) {
    replicas.push_back(std::make_unique<TokenKeyRecords>(deployment(), world.store, provider,
                                                         world.clock, world.replica.random, log));
    loading.push_back(replicas.back()->load());
  }
  auto keys = testing::run_all(world.loop, std::move(loading));
  for (const auto& one : keys) {
    ASSERT_TRUE(one) << one.error().detail;
    EXPECT_EQ(one->front().bytes.reveal(), keys[0]->front().bytes.reveal());
  }
  EXPECT_EQ(world.rows().size(), 1u);
}

// VA-13: neither kind of key unwraps as the other.
TEST_F(TokenKeyRecordsTest, AreWrappedUnderAContextOfTheirOwn) {
  loaded();
  const auto wrapped = base::base64_decode(world.row("KEY#1")->text("encryptedKey"));
  EXPECT_TRUE(world.await(local.unwrap(*wrapped, token_key_context(kDataContext))));
  EXPECT_FALSE(world.await(local.unwrap(*wrapped, kDataContext)));
}

TEST_F(TokenKeyRecordsTest, MakesASuccessorAfterThirtyDaysThatServesAnHourLater) {
  TokenKeys keys = loaded();
  world.clock.advance(30 * kDay - 1s);
  ASSERT_TRUE(refresh(keys));
  EXPECT_EQ(keys.revision(), 1u) << "nothing to do, nothing changed";

  world.clock.advance(1s);
  ASSERT_TRUE(refresh(keys));
  EXPECT_EQ(ids_of(keys), (std::vector<std::uint8_t>{1, 2})) << "known, not yet used";
  EXPECT_EQ(world.row("KEY#2")->number("activeFrom"), base::epoch_seconds(world.clock.now() + 1h));

  world.clock.advance(1h - 1s);
  ASSERT_TRUE(refresh(keys));
  EXPECT_EQ(keys.current().id, 1);
  world.clock.advance(1s);
  ASSERT_TRUE(refresh(keys));
  EXPECT_EQ(ids_of(keys), (std::vector<std::uint8_t>{2, 1}));
  EXPECT_EQ(ids_of(loaded()), (std::vector<std::uint8_t>{2, 1}));
}

// MR-01: a replica that looks every ten minutes knows a key before any token names it.
TEST_F(TokenKeyRecordsTest, EveryReplicaKnowsAKeyBeforeItIsUsed) {
  TokenKeys one = loaded();
  TokenKeys other = loaded();
  for (int i = 0; i < 6 * 24 * 40; ++i) {
    world.clock.advance(10min);
    ASSERT_TRUE(refresh(one));
    EXPECT_NE(other.find(one.current().id), nullptr);
    ASSERT_TRUE(refresh(other));
  }
  EXPECT_GT(one.current().id, 1);
}

// Every token lives seven days from the moment its key made it.
TEST_F(TokenKeyRecordsTest, KeepsAKeyForAllTokensItMade) {
  TokenKeys keys = loaded();
  std::vector<std::pair<base::SystemTime, std::uint8_t>> made;
  for (int hour = 0; hour < 24 * 120; ++hour) {
    made.emplace_back(world.clock.now(), keys.current().id);
    world.clock.advance(1h);
    ASSERT_TRUE(refresh(keys));
    for (const auto& [at, id] : made) {
      if (world.clock.now() < at + 7 * kDay) ASSERT_NE(keys.find(id), nullptr) << hour;
    }
    while (!made.empty() && made.front().first + 7 * kDay < world.clock.now()) {
      made.erase(made.begin());
    }
    ASSERT_LE(keys.all().size(), 3u) << "and no longer";
  }
}

// A successor cannot be made: the old key serves on and is not lost.
TEST_F(TokenKeyRecordsTest, ProlongsTheKeyInUseWhileNoSuccessorCanBeMade) {
  TokenKeys keys = loaded();
  provider.failure = base::Error{Errc::denied, "GenerateDataKey denied"};
  for (int day = 0; day < 200; ++day) {
    world.clock.advance(kDay);
    ASSERT_TRUE(refresh(keys));
    const store::RecordPtr row = world.row("KEY#1");
    ASSERT_NE(row, nullptr);
    ASSERT_GE(row->ttl, base::epoch_seconds(world.clock.now() + 8 * kDay));
  }
  EXPECT_EQ(ids_of(keys), std::vector<std::uint8_t>{1});
  EXPECT_THAT(log.text(), HasSubstr("next token key could not be made"));
  provider.failure.reset();
  EXPECT_EQ(loaded().current().bytes.reveal(), keys.current().bytes.reveal());
}

TEST_F(TokenKeyRecordsTest, ProlongsTheKeyOfADeploymentThatStoodStill) {
  const TokenKeys keys = loaded();
  world.clock.advance(45 * kDay);
  const TokenKeys after = loaded();
  EXPECT_EQ(ids_of(after), (std::vector<std::uint8_t>{1, 2}));
  EXPECT_GE(world.row("KEY#1")->ttl, base::epoch_seconds(world.clock.now() + 8 * kDay));
}

TEST_F(TokenKeyRecordsTest, BeginsAnewWhenEveryTokenIsLongOver) {
  const TokenKeys keys = loaded();
  world.clock.advance(100 * kDay);
  const TokenKeys after = loaded();
  EXPECT_EQ(ids_of(after), std::vector<std::uint8_t>{1});
  EXPECT_NE(after.current().bytes.reveal(), keys.current().bytes.reveal());
}

TEST_F(TokenKeyRecordsTest, GoesRoundAfterTwoHundredAndFiftyFive) {
  TokenKeys keys = loaded();
  int last = 1;
  for (int month = 0; month < 260; ++month) {
    world.clock.advance(30 * kDay);
    ASSERT_TRUE(refresh(keys));
    world.clock.advance(2h);
    ASSERT_TRUE(refresh(keys));
    ASSERT_EQ(keys.current().id, last == 255 ? 1 : last + 1);
    last = keys.current().id;
    ASSERT_EQ(loaded().current().id, last);
  }
}

// MR-12
TEST_F(TokenKeyRecordsTest, RefusesToJoinADeploymentWithAnotherIssuer) {
  loaded();
  auto stranger = records_with(deployment("https://other.example"), provider);
  auto keys = world.await(stranger.load());
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, Errc::conflict);
  EXPECT_THAT(keys.error().detail, HasSubstr("https://gate.example"));
  EXPECT_THAT(keys.error().detail, HasSubstr("https://other.example"));
  EXPECT_THAT(keys.error().detail, HasSubstr("GATEHOUSE_PUBLIC_URL"));
  EXPECT_EQ(world.rows().size(), 1u);
}

// MR-12, VA-21
TEST_F(TokenKeyRecordsTest, RefusesToStartWithAnotherKeyOrContextAndMakesNoneBeside) {
  loaded();
  const store::Record before = *world.row("KEY#1");
  LocalKeyProvider other_key(testing::keys_of(1, 'N'), world.replica.random);
  LocalKeyProvider other_id(testing::keys_of(7, 'M'), world.replica.random);
  Deployment elsewhere = deployment();
  elsewhere.data_key_context["env"] = "staging";
  Deployment other_table = deployment();
  other_table.table = "other";
  const std::pair<const char*, TokenKeyRecords> cases[] = {
      {"another key", records_with(deployment(), other_key)},
      {"a key of another id", records_with(deployment(), other_id)},
      {"another context", records_with(elsewhere, local)},
      {"another table", records_with(other_table, local)},
  };
  for (const auto& [name, replica] : cases) {
    SCOPED_TRACE(name);
    auto keys = world.await(const_cast<TokenKeyRecords&>(replica).load());
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().code, Errc::denied);
    EXPECT_THAT(keys.error().detail, HasSubstr("KEY#1"));
    EXPECT_THAT(keys.error().detail, HasSubstr("No other is made"));
    EXPECT_EQ(world.rows().size(), 1u);
    EXPECT_EQ(*world.row("KEY#1"), before);
  }
}

// VA-03, VA-08, VA-17, MR-09: what a table writer does to a key shows, and the row is kept.
TEST_F(TokenKeyRecordsTest, RefusesWhateverWasAltered) {
  loaded();
  const store::Record good = *world.row("KEY#1");
  std::vector<std::pair<std::string, store::Record>> cases;
  const auto add = [&](const std::string& name, auto change) {
    store::Record altered = good;
    change(altered);
    cases.emplace_back(name, altered);
  };
  add("longer ttl", [](auto& row) { row.ttl += 86'400; });
  add("version 2", [](auto& row) { row.version = 2; });
  add("generation", [](auto& row) { row.generation += 1; });
  add("write id", [](auto& row) { row.write_id = "x"; });
  add("suite 3", [](auto& row) { row.attributes["suite"] = std::int64_t{3}; });
  add("an attribute more", [](auto& row) { row.attributes["more"] = std::string("x"); });
  add("active later", [](auto& row) { row.attributes["activeFrom"] = std::int64_t{1}; });
  add("created later", [](auto& row) { row.attributes["created"] = std::int64_t{1'999'999'999}; });
  add("another issuer",
      [](auto& row) { row.attributes["issuer"] = std::string("https://evil.example"); });
  add("no key", [](auto& row) { row.attributes.erase("encryptedKey"); });
  for (const char* field :
       {"encryptedData", "encryptedKey", "iv", "authTag", "salt", "commitment"}) {
    for (std::size_t at = 0; at < good.text(field).size(); ++at) {
      add(std::string(field) + " " + std::to_string(at), [&](auto& row) {
        std::string& text = std::get<std::string>(row.attributes[field]);
        text[at] = text[at] == 'A' ? 'B' : 'A';
      });
    }
  }
  for (const auto& [name, altered] : cases) {
    SCOPED_TRACE(name);
    world.plant(altered);
    auto keys = load();
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().code, Errc::denied);
    EXPECT_EQ(*world.row("KEY#1"), altered);
    EXPECT_EQ(world.rows().size(), 1u);
  }
  world.plant(good);
  EXPECT_TRUE(load());
}

// A key that served once cannot be put back under another id, nor a data key beside it.
TEST_F(TokenKeyRecordsTest, RefusesPlantedKeys) {
  TokenKeys keys = loaded();
  const store::Record good = *world.row("KEY#1");
  store::Record copied = good;
  copied.key = "KEY#2";
  world.plant(copied);
  EXPECT_EQ(load().error().code, Errc::denied);
  auto refreshed = refresh(keys);
  ASSERT_FALSE(refreshed);
  EXPECT_EQ(ids_of(keys), std::vector<std::uint8_t>{1}) << "what served serves on";

  auto data_key = world.await(local.generate(kDataContext));
  ASSERT_TRUE(data_key);
  copied.attributes["encryptedKey"] = base::base64_encode(data_key->wrapped);
  world.plant(copied);
  EXPECT_EQ(load().error().code, Errc::denied);
}

TEST_F(TokenKeyRecordsTest, RefreshingKeepsTheKeysWhateverFails) {
  TokenKeys keys = loaded();
  const std::uint64_t revision = keys.revision();
  world.clock.advance(30 * kDay);
  for (const bool lasting : {false, true}) {
    for (int n = 1; n < 8; ++n) {
      world.store.fail_at(n, Fault::before_commit, lasting);
      auto refreshed = refresh(keys);
      world.store.heal();
      EXPECT_NE(keys.find(1), nullptr);
      EXPECT_EQ(keys.current().id, 1);
      static_cast<void>(refreshed);
    }
  }
  EXPECT_GE(keys.revision(), revision);
  EXPECT_EQ(loaded().current().bytes.reveal(), keys.current().bytes.reveal());
}

TEST_F(TokenKeyRecordsTest, RefreshingAsksTheKeyServiceOnlyForWhatIsUnknown) {
  TokenKeys keys = loaded();
  const int before = provider.unwrapped;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(refresh(keys));
  EXPECT_EQ(provider.unwrapped, before);
}

TEST_F(TokenKeyRecordsTest, SaysWhenTheRecordsAreGone) {
  TokenKeys keys = loaded();
  ASSERT_TRUE(world.await(world.store.memory.remove("KEY#1", 1)));
  auto refreshed = refresh(keys);
  ASSERT_FALSE(refreshed);
  EXPECT_EQ(refreshed.error().code, Errc::not_found);
  EXPECT_EQ(ids_of(keys), std::vector<std::uint8_t>{1});
}

// I13, ST-02: a service that fails for a while keeps a replica waiting, not its sessions.
TEST_F(TokenKeyRecordsTest, LoadingSaysWhenStoreOrKeyServiceFails) {
  provider.failure = base::Error{Errc::unavailable, "throttled"};
  EXPECT_EQ(load().error().code, Errc::unavailable);
  EXPECT_EQ(world.rows().size(), 0u);
  provider.failure.reset();
  loaded();
  provider.failure = base::Error{Errc::timeout, "slow"};
  EXPECT_EQ(load().error().code, Errc::timeout);
  provider.failure.reset();
  world.store.fail_at(1, Fault::before_commit, true);
  EXPECT_EQ(load().error().code, Errc::unavailable);
  world.store.heal();
  EXPECT_TRUE(load());
}

TEST_F(TokenKeyRecordsTest, KnowsItsOwnFirstKeyAfterALostAnswer) {
  world.store.fail_at(17, Fault::after_commit, false);
  auto keys = load();
  EXPECT_TRUE(world.store.failed());
  ASSERT_TRUE(keys) << keys.error().detail;
  EXPECT_EQ(provider.generated, 1);
}

// Old tokens pass and new ones are made under the new key, without a restart.
TEST_F(TokenKeyRecordsTest, RotateUnderAServingVault) {
  TokenKeys keys = loaded();
  GrantVault vault(VaultOptions(), world.store, world.replica.data_keys, keys, world.clock,
                   world.replica.random, log);
  world.clock.advance(30 * kDay);
  ASSERT_TRUE(refresh(keys));
  const GrantTerms terms = testing::sample_terms(world.clock);
  const UpstreamCredentials upstream = testing::sample_upstream(world.clock);
  auto code = world.await(vault.create_grant(terms, upstream));
  ASSERT_TRUE(code);
  auto pending = world.await(vault.open_code(*code));
  ASSERT_TRUE(pending);
  auto before = world.await(vault.redeem_code(std::move(*pending)));
  ASSERT_TRUE(before);
  world.clock.advance(61min);
  ASSERT_TRUE(refresh(keys));
  ASSERT_EQ(keys.current().id, 2);

  auto after = world.await(vault.refresh(before->refresh_token, {}));

  ASSERT_TRUE(after) << after.error().detail;
  EXPECT_EQ(Bearer::parse(before->refresh_token.reveal())->key_id(), 1);
  EXPECT_EQ(Bearer::parse(after->refresh_token.reveal())->key_id(), 2);
  ASSERT_TRUE(world.await(vault.authenticate(after->access_token.reveal())));
  ASSERT_TRUE(world.await(vault.end_everything_of(terms.user)));
  auto ended = world.await(vault.authenticate(after->access_token.reveal()));
  EXPECT_EQ(testing::refusal_of(ended), Refused::ended);
}

}  // namespace
}  // namespace gatehouse::vault
