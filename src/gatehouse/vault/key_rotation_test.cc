// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/key_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/vault/token_key_records.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using base::Secret;
using ::testing::HasSubstr;
using testing::World;

const KeyContext kDataContext{{"app", "gatehouse"}, {"table", "gatehouse"}};

std::vector<TokenKeys::Key> old_and_new() {
  std::vector<TokenKeys::Key> keys = testing::keys_of(2, 'B');
  keys.push_back(std::move(testing::keys_of(1, 'M')[0]));
  return keys;
}

// Rows of which some calls fail, or are preceded by somebody else's write.
class FaultyRows final : public store::Enumerable {
 public:
  enum class Fault { before_commit, after_commit };

  explicit FaultyRows(store::MemoryRecordStore& memory) : memory_(memory) {}

  void fail_at(int n, Fault fault) {
    calls = 0;
    fail_at_ = n;
    fault_ = fault;
  }
  bool failed() const { return fail_at_ > 0 && calls >= fail_at_; }
  void heal() { fail_at_ = 0; }

  base::Task<store::RecordPage> list(std::string_view prefix, const std::string& from,
                                     std::size_t) override {
    if (begin()) co_return failure();
    // Small pages, so that few rows already take several.
    auto page = co_await memory_.list(prefix, from, 2);
    co_return page;
  }
  base::Task<void> amend(store::Record record) override {
    const bool failing = begin();
    if (failing && fault_ == Fault::before_commit) co_return failure();
    if (record.key == overtaken) {
      overtaken.clear();
      store::Record next = record;
      next.generation += 1;
      next.write_id = "another";  // under whatever key the writer uses: here the new one
      auto replaced = co_await memory_.replace(std::move(next));
      EXPECT_TRUE(replaced);
    }
    auto amended = co_await memory_.amend(std::move(record));
    if (failing) co_return failure();
    co_return amended;
  }

  int calls = 0;
  std::string overtaken;  // the key of a row that somebody else writes just before the amendment

 private:
  // From the n-th call on everything fails, as after a kill.
  bool begin() { return ++calls >= fail_at_ && fail_at_ > 0; }
  static base::Error failure() { return base::Error{Errc::unavailable, "made to fail"}; }

  store::MemoryRecordStore& memory_;
  int fail_at_ = 0;
  Fault fault_ = Fault::before_commit;
};

class CountingRewrapper final : public KeyRewrapper {
 public:
  explicit CountingRewrapper(KeyRewrapper& inner) : inner_(inner) {}
  base::Task<std::string> rewrap(std::string_view wrapped, const KeyContext& context) override {
    ++calls;
    if (failure) co_return *failure;
    auto result = co_await inner_.rewrap(wrapped, context);
    co_return result;
  }
  int calls = 0;
  std::optional<base::Error> failure;

 private:
  KeyRewrapper& inner_;
};

class KeyRotationTest : public ::testing::Test {
 protected:
  KeyRotationTest() {
    for (int i = 0; i < 3; ++i) tokens.push_back(world.sign_in("user-" + std::to_string(i)));
    const Secret content = Secret::copy_of("client");
    const Secret nobody;
    RecordVault records("gatehouse", world.store, world.replica.data_keys, world.clock,
                        world.replica.random);
    EXPECT_TRUE(world.await(records.create("CLIENT#1", content, world.clock.now() + 1h, nobody)));
    EXPECT_TRUE(world.await(records.create("CLIENT#2", content, world.clock.now() + 1h, nobody)));
    EXPECT_TRUE(world.await(token_keys(world.replica.provider).load()));
  }

  TokenKeyRecords token_keys(KeyProvider& provider) {
    Deployment deployment;
    deployment.table = "gatehouse";
    deployment.issuer = "https://gate.example";
    deployment.data_key_context = kDataContext;
    return TokenKeyRecords(deployment, world.store, provider, world.clock, world.replica.random,
                           log);
  }
  base::Result<RotationReport> rotate() {
    KeyRotation rotation(rows, rewrapper, kDataContext, token_key_context(kDataContext), log);
    return world.await(rotation.run());
  }
  std::size_t count_under(std::uint8_t master) {
    const std::vector<store::RecordPtr> all = world.rows();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [master](const store::RecordPtr& row) {
          const auto wrapped = base::base64_decode(row->text("encryptedKey"));
          return static_cast<std::uint8_t>(wrapped->front()) == master;
        }));
  }
  // Whether everything opens in a process that has the new key only.
  void expect_all_open_under_the_new_key() {
    LocalKeyProvider fresh(testing::keys_of(2, 'B'), world.replica.random);
    DataKeys data_keys(fresh, kDataContext, DataKeyLimits{}, world.clock);
    GrantVault vault(VaultOptions(), world.store, data_keys, world.replica.token_keys, world.clock,
                     world.replica.random, log);
    RecordVault records("gatehouse", world.store, data_keys, world.clock, world.replica.random);
    const Secret nobody;
    for (const IssuedTokens& one : tokens) {
      auto live = world.await(vault.authenticate(one.access_token.reveal()));
      ASSERT_TRUE(live) << live.error().detail;
      EXPECT_TRUE(world.await(vault.open_upstream(**live, one.access_token.reveal())));
    }
    EXPECT_TRUE(world.await(records.open("CLIENT#1", nobody)));
    EXPECT_TRUE(world.await(token_keys(fresh).load()));
  }

  World world;
  telemetry::MemoryLog log;
  std::vector<IssuedTokens> tokens;
  LocalKeyProvider both{old_and_new(), world.replica.random};
  CountingRewrapper rewrapper{both};
  FaultyRows rows{world.store.memory};
};

TEST_F(KeyRotationTest, BringsEveryRowUnderTheFirstKey) {
  auto report = rotate();

  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->rows, 6u);
  EXPECT_EQ(report->rewrapped, 6u);
  EXPECT_EQ(report->refused, 0u);
  EXPECT_EQ(count_under(2), 6u);
  EXPECT_EQ(rewrapper.calls, 2) << "one data key for five rows, and the token key";
  expect_all_open_under_the_new_key();
}

TEST_F(KeyRotationTest, LeavesWhatIsCurrentAlone) {
  ASSERT_TRUE(rotate());
  const std::vector<store::RecordPtr> before = world.rows();
  auto again = rotate();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->current, 6u);
  EXPECT_EQ(again->rewrapped, 0u);
  const std::vector<store::RecordPtr> after = world.rows();
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(*before[i], *after[i]);
}

TEST_F(KeyRotationTest, ChangesNothingButTheWrappedKey) {
  const std::vector<store::RecordPtr> before = world.rows();
  ASSERT_TRUE(rotate());
  const std::vector<store::RecordPtr> after = world.rows();
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    store::Record expected = *before[i];
    expected.attributes["encryptedKey"] = std::string(after[i]->text("encryptedKey"));
    EXPECT_EQ(*after[i], expected);
  }
}

TEST_F(KeyRotationTest, ServesOnMeanwhile) {
  ASSERT_TRUE(rotate());
  // The serving replica knows the old key only by the data keys in its memory; one that follows the
  // key file has both.
  DataKeys data_keys(both, kDataContext, DataKeyLimits{}, world.clock);
  GrantVault vault(VaultOptions(), world.store, data_keys, world.replica.token_keys, world.clock,
                   world.replica.random, log);
  for (const IssuedTokens& one : tokens) {
    EXPECT_TRUE(world.await(vault.authenticate(one.access_token.reveal())));
    EXPECT_TRUE(world.await(vault.refresh(one.refresh_token, {})));
  }
}

// Killed at every call of the store, before and after it took effect.
TEST_F(KeyRotationTest, FinishesWhatWasCutShortAnywhere) {
  std::vector<store::Record> start;
  for (const store::RecordPtr& row : world.rows()) start.push_back(*row);
  for (const auto fault : {FaultyRows::Fault::before_commit, FaultyRows::Fault::after_commit}) {
    for (int n = 1;; ++n) {
      SCOPED_TRACE(n);
      for (const store::Record& row : start) world.plant(row);
      rows.fail_at(n, fault);
      auto killed = rotate();
      const bool failed = rows.failed();
      rows.heal();
      EXPECT_EQ(!killed, failed);
      if (failed) {
        EXPECT_EQ(killed.error().code, Errc::unavailable);
        EXPECT_THAT(killed.error().detail, HasSubstr("run it again"));
        EXPECT_EQ(count_under(1) + count_under(2), 6u);
      }
      auto finished = rotate();
      ASSERT_TRUE(finished);
      EXPECT_EQ(finished->rewrapped + finished->current, 6u);
      EXPECT_EQ(count_under(2), 6u);
      expect_all_open_under_the_new_key();
      if (!failed) break;
    }
  }
}

TEST_F(KeyRotationTest, NeverUndoesAWriteThatCameBetween) {
  auto live = world.authenticate(tokens[0].access_token);
  ASSERT_TRUE(live);
  rows.overtaken = live->record->key;

  auto report = rotate();

  ASSERT_TRUE(report);
  EXPECT_EQ(rows.overtaken, "");
  EXPECT_EQ(report->moved_on, 1u);
  EXPECT_EQ(report->rewrapped, 5u);
  EXPECT_EQ(world.row(live->record->key)->write_id, "another");
  auto again = rotate();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->current, 6u);
}

TEST_F(KeyRotationTest, KeepsAndCountsRowsThatDoNotUnwrap) {
  store::Record broken = *world.row("CLIENT#1");
  broken.attributes["encryptedKey"] = base::base64_encode(std::string(93, '\1'));
  world.plant(broken);
  store::Record bare = *world.row("CLIENT#2");
  bare.attributes.erase("encryptedKey");
  world.plant(bare);
  // A token key's text in another row opens under the wrong context only.
  store::Record misplaced = *world.row("GRANT#");
  misplaced.attributes["encryptedKey"] = std::string(world.row("KEY#1")->text("encryptedKey"));
  world.plant(misplaced);

  auto report = rotate();

  ASSERT_TRUE(report);
  EXPECT_EQ(report->rows, 6u);
  EXPECT_EQ(report->refused, 3u);
  EXPECT_EQ(*world.row("CLIENT#1"), broken);
  EXPECT_EQ(*world.row("CLIENT#2"), bare);
  EXPECT_EQ(*world.row(misplaced.key), misplaced);
  EXPECT_THAT(log.text(), HasSubstr("does not unwrap"));
}

TEST_F(KeyRotationTest, StopsWhenTheKeyServiceFails) {
  rewrapper.failure = base::Error{Errc::unavailable, "throttled"};
  auto report = rotate();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::unavailable);
  EXPECT_EQ(count_under(1), 6u);
  rewrapper.failure.reset();
  ASSERT_TRUE(rotate());
  expect_all_open_under_the_new_key();
}

}  // namespace
}  // namespace gatehouse::vault
