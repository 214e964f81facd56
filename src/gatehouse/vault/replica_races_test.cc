// SPDX-License-Identifier: Apache-2.0
// Three vaults on one store, as three replicas are, and many clients at once. GATEHOUSE_RACES=full
// runs the full count; GATEHOUSE_TEST_DYNAMODB names a DynamoDB endpoint to race against as well.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gatehouse/http/await_for_test.h"
#include "gatehouse/store/dynamodb_live.h"
#include "gatehouse/store/dynamodb_record_store.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using base::Secret;
using testing::refusal_of;

bool full() {
  const char* const races = std::getenv("GATEHOUSE_RACES");
  return races != nullptr && std::string_view(races) == "full";
}

// One replica over any store. All share the keys, as replicas do.
struct Racer {
  Racer(store::RecordStore& store, const base::Clock& clock)
      : vault(VaultOptions(), store, data_keys(clock), token_keys, clock, random, log) {}

  DataKeys& data_keys(const base::Clock& clock) {
    keys = std::make_unique<DataKeys>(provider, KeyContext{{"app", "gatehouse"}}, DataKeyLimits{},
                                      clock);
    return *keys;
  }

  base::SystemRandom random;
  LocalKeyProvider provider{testing::keys_of(1, 'M'), random};
  TokenKeys token_keys{testing::keys_of(1, 'T')};
  telemetry::MemoryLog log;
  std::unique_ptr<DataKeys> keys;
  GrantVault vault;
};

class Races {
 public:
  Races(boost::asio::io_context& loop, store::RecordStore& store, const base::Clock& clock)
      : loop_(loop), clock_(clock) {
    for (int i = 0; i < 3; ++i) replicas_.push_back(std::make_unique<Racer>(store, clock));
  }

  GrantVault& any() { return replicas_[random_.secret(1).bytes()[0] % 3]->vault; }
  const std::vector<std::unique_ptr<Racer>>& replicas() const { return replicas_; }

  Secret new_code() {
    const GrantTerms terms = testing::sample_terms(clock_);
    const UpstreamCredentials upstream = testing::sample_upstream(clock_);
    auto code = testing::run(loop_, any().create_grant(terms, upstream));
    EXPECT_TRUE(code) << code.error().detail;
    return std::move(*code);
  }

  static VaultTask<IssuedTokens> redeem(GrantVault& vault, const Secret& code) {
    auto pending = co_await vault.open_code(code);
    if (!pending) co_return pending.error();
    auto tokens = co_await vault.redeem_code(std::move(*pending));
    co_return tokens;
  }

  // (a) One winner, whoever of the three it is.
  void race_for_a_code() {
    const Secret contested = new_code();
    std::vector<VaultTask<IssuedTokens>> racing;
    for (const auto& replica : replicas_) racing.push_back(redeem(replica->vault, contested));
    auto results = testing::run_all(loop_, std::move(racing));
    int winners = 0;
    for (auto& result : results) {
      if (!result) {
        // Whoever looks after the winner has written ends the grant, and the third finds it ended.
        const Refused code = result.error().code;
        ASSERT_TRUE(code == Refused::replayed || code == Refused::unknown) << result.error().detail;
        continue;
      }
      ++winners;
    }
    ASSERT_EQ(winners, 1);
  }

  // (b) Two calls of each client at once through any replica: the same successor.
  void race_to_refresh(std::size_t clients, int rounds) {
    std::vector<Secret> tokens;
    std::vector<std::set<std::string>> seen(clients);
    for (std::size_t i = 0; i < clients; ++i) {
      const Secret code = new_code();
      auto first = testing::run(loop_, redeem(any(), code));
      ASSERT_TRUE(first) << first.error().detail;
      tokens.push_back(std::move(first->refresh_token));
    }
    const std::vector<std::string> all_scopes;
    for (int round = 0; round < rounds; ++round) {
      std::vector<VaultTask<IssuedTokens>> racing;
      for (const Secret& token : tokens) {
        for (int twice = 0; twice < 2; ++twice) racing.push_back(any().refresh(token, all_scopes));
      }
      auto results = testing::run_all(loop_, std::move(racing));
      for (std::size_t i = 0; i < clients; ++i) {
        auto& one = results[2 * i];
        auto& other = results[2 * i + 1];
        ASSERT_TRUE(one) << one.error().detail;
        ASSERT_TRUE(other) << other.error().detail;
        ASSERT_EQ(one->refresh_token.reveal(), other->refresh_token.reveal());
        ASSERT_EQ(one->access_token.reveal(), other->access_token.reveal());
        ASSERT_TRUE(seen[i].emplace(one->refresh_token.reveal()).second) << "a new generation";
        const auto before = Bearer::parse(tokens[i].reveal())->generation();
        ASSERT_EQ(Bearer::parse(one->refresh_token.reveal())->generation(), before + 1);
        tokens[i] = std::move(one->refresh_token);
      }
    }
  }

 private:
  boost::asio::io_context& loop_;
  const base::Clock& clock_;
  base::SystemRandom random_;
  std::vector<std::unique_ptr<Racer>> replicas_;
};

class MemoryRaces : public ::testing::Test {
 protected:
  MemoryRaces() { store.yielding = true; }
  boost::asio::io_context loop;
  base::FixedClock clock{testing::kStart};
  testing::FaultyStore store{clock};
  Races races{loop, store, clock};
};

// I2
TEST_F(MemoryRaces, ACodeHasOneWinnerAmongThreeReplicas) {
  const int times = full() ? 1'000 : 200;
  for (int i = 0; i < times && !HasFatalFailure(); ++i) races.race_for_a_code();
}

// RF-02, I3
TEST_F(MemoryRaces, ARefreshHasOneSuccessorAndLogsNobodyOut) {
  races.race_to_refresh(32, full() ? 200 : 20);
}

class DynamodbRaces : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = store::reason_to_skip_live_dynamodb();
    if (!reason.empty()) GTEST_SKIP() << reason;
    dynamodb = std::make_unique<store::LiveDynamodb>(loop);
    call("CreateTable",
         R"({"TableName":")" + table +
             R"(","AttributeDefinitions":[{"AttributeName":"sessionId","AttributeType":"S"}],)"
             R"("KeySchema":[{"AttributeName":"sessionId","KeyType":"HASH"}],)"
             R"("BillingMode":"PAY_PER_REQUEST"})");
    // Stand-ins take a moment to make it.
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    records = std::make_unique<store::DynamodbRecordStore>(dynamodb->client(), table, clock);
    races = std::make_unique<Races>(loop, *records, clock);
  }
  void TearDown() override {
    if (dynamodb) call("DeleteTable", R"({"TableName":")" + table + R"("})");
  }

  void call(std::string_view operation, const std::string& request) {
    const Secret body = Secret::copy_of(request);
    const auto answer = http::await_for_test(loop, dynamodb->client().call(operation, body));
    ASSERT_TRUE(answer) << aws::to_error(operation, answer.error()).detail;
  }

  boost::asio::io_context loop;
  base::FixedClock clock{testing::kStart};
  const std::string table = store::LiveDynamodb::fresh_table();
  std::unique_ptr<store::LiveDynamodb> dynamodb;
  std::unique_ptr<store::DynamodbRecordStore> records;
  std::unique_ptr<Races> races;
};

// I2
TEST_F(DynamodbRaces, ACodeHasOneWinnerAmongThreeReplicas) {
  const int times = full() ? 1'000 : 30;
  for (int i = 0; i < times && !HasFatalFailure(); ++i) races->race_for_a_code();
}

// RF-02, I3
TEST_F(DynamodbRaces, ARefreshHasOneSuccessorAndLogsNobodyOut) {
  races->race_to_refresh(32, full() ? 200 : 3);
}

}  // namespace
}  // namespace gatehouse::vault
