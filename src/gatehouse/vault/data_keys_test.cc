// SPDX-License-Identifier: Apache-2.0
// VA-19
#include "gatehouse/vault/data_keys.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/vault/vault_fixture.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using base::Secret;

class DataKeysTest : public ::testing::Test {
 protected:
  DataKeys make(DataKeyLimits limits) { return DataKeys(provider, {{"app", "g"}}, limits, clock); }
  template <class T>
  T await(base::Coroutine<T> coroutine) {
    return testing::run(loop, std::move(coroutine));
  }

  boost::asio::io_context loop;
  base::FixedClock clock{testing::kStart};
  base::SystemRandom random;
  LocalKeyProvider local{testing::keys_of(1, 'M'), random};
  testing::FaultyKeyProvider provider{local};
};

TEST_F(DataKeysTest, SealsADayWithOneKey) {
  DataKeys keys = make({});
  auto first = await(keys.sealing_key());
  clock.advance(24h - 1s);
  auto same = await(keys.sealing_key());
  clock.advance(1s);
  auto next = await(keys.sealing_key());

  EXPECT_EQ(first->wrapped, same->wrapped);
  EXPECT_NE(first->wrapped, next->wrapped);
  EXPECT_EQ(provider.generated, 2);
}

TEST_F(DataKeysTest, TakesAnotherKeyAfterSoManySeals) {
  DataKeyLimits limits;
  limits.seals_max = 3;
  DataKeys keys = make(limits);
  std::set<std::string> used;
  for (int i = 0; i < 9; ++i) used.insert(await(keys.sealing_key())->wrapped);
  EXPECT_EQ(used.size(), 3u);
}

TEST_F(DataKeysTest, OpensWithItsOwnSealingKeyWithoutAsking) {
  DataKeys keys = make({});
  auto sealing = await(keys.sealing_key());
  auto opening = await(keys.opening_key(sealing->wrapped));
  ASSERT_TRUE(opening);
  EXPECT_EQ(opening->reveal(), sealing->plaintext.reveal());
  EXPECT_EQ(provider.unwrapped, 0);
}

TEST_F(DataKeysTest, ForgetsOpenedKeysAfterAnHour) {
  DataKeys keys = make({});
  auto sealing = await(keys.sealing_key());
  clock.advance(1h - 1s);
  EXPECT_TRUE(await(keys.opening_key(sealing->wrapped)));
  EXPECT_EQ(provider.unwrapped, 0);
  clock.advance(1s);
  EXPECT_TRUE(await(keys.opening_key(sealing->wrapped)));
  EXPECT_EQ(provider.unwrapped, 1);
  clock.advance(1h);
  provider.failure = base::Error{Errc::not_found, "disabled"};
  EXPECT_EQ(await(keys.opening_key(sealing->wrapped)).error().code, Errc::not_found);
}

// TM-05: a jump of the calendar neither prolongs nor ends anything.
TEST_F(DataKeysTest, AgesBySteadyTime) {
  DataKeys keys = make({});
  auto sealing = await(keys.sealing_key());
  clock.set(testing::kStart + 1000h);
  EXPECT_TRUE(await(keys.opening_key(sealing->wrapped)));
  clock.set(testing::kStart - 1000h);
  EXPECT_EQ(await(keys.sealing_key())->wrapped, sealing->wrapped);
  EXPECT_EQ(provider.unwrapped, 0);
}

TEST_F(DataKeysTest, KeepsSoManyAndDropsTheLeastUsed) {
  DataKeyLimits limits;
  limits.cached_max = 2;
  DataKeys keys = make(limits);
  const KeyContext context{{"app", "g"}};
  std::vector<std::string> wrapped;
  for (int i = 0; i < 3; ++i) wrapped.push_back(await(local.generate(context))->wrapped);
  const auto asks = [&](int which) {
    const int before = provider.unwrapped;
    EXPECT_TRUE(await(keys.opening_key(wrapped[which])));
    return provider.unwrapped > before;
  };
  EXPECT_TRUE(asks(0));
  EXPECT_TRUE(asks(1));
  EXPECT_FALSE(asks(0));
  EXPECT_TRUE(asks(2));  // pushes 1 out
  EXPECT_FALSE(asks(0));
  EXPECT_TRUE(asks(1));
}

TEST_F(DataKeysTest, ReusesNothingWhenToldSo) {
  DataKeyLimits limits;
  limits.open_age_max = 0s;
  DataKeys keys = make(limits);
  auto sealing = await(keys.sealing_key());
  EXPECT_TRUE(await(keys.opening_key(sealing->wrapped)));
  EXPECT_TRUE(await(keys.opening_key(sealing->wrapped)));
  EXPECT_EQ(provider.unwrapped, 2);
}

TEST_F(DataKeysTest, AsksOnceForManyWhoWait) {
  DataKeys keys = make({});
  const KeyContext context{{"app", "g"}};
  const std::string wrapped = await(local.generate(context))->wrapped;

  std::vector<base::Task<Secret>> opening;
  for (int i = 0; i < 20; ++i) opening.push_back(keys.opening_key(wrapped));
  auto opened = testing::run_all(loop, std::move(opening));
  std::vector<base::Task<DataKeys::SealingKey>> sealing;
  for (int i = 0; i < 20; ++i) sealing.push_back(keys.sealing_key());
  auto sealed = testing::run_all(loop, std::move(sealing));

  EXPECT_EQ(provider.unwrapped, 1);
  EXPECT_EQ(provider.generated, 1);
  for (const auto& one : opened) {
    ASSERT_TRUE(one);
    EXPECT_EQ(one->reveal(), opened[0]->reveal());
  }
  for (const auto& one : sealed) EXPECT_EQ(one->wrapped, sealed[0]->wrapped);
}

TEST_F(DataKeysTest, TellsAllWhoWaitOfAFailureAndForgetsIt) {
  DataKeys keys = make({});
  const KeyContext context{{"app", "g"}};
  const std::string wrapped = await(local.generate(context))->wrapped;
  provider.failure = base::Error{Errc::unavailable, "throttled"};

  std::vector<base::Task<Secret>> opening;
  for (int i = 0; i < 5; ++i) opening.push_back(keys.opening_key(wrapped));
  auto opened = testing::run_all(loop, std::move(opening));

  for (const auto& one : opened) {
    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().code, Errc::unavailable);
  }
  EXPECT_EQ(provider.unwrapped, 1);
  provider.failure.reset();
  EXPECT_TRUE(await(keys.opening_key(wrapped)));
}

// ST-02: an outage when the day's key is due is not noticed for another hour; a refusal is.
TEST_F(DataKeysTest, SealsOnForAWhileWhenNoNewKeyCanBeHad) {
  DataKeys keys = make({});
  auto first = await(keys.sealing_key());
  clock.advance(24h);
  provider.failure = base::Error{Errc::unavailable, "down"};
  auto overtime = await(keys.sealing_key());
  ASSERT_TRUE(overtime);
  EXPECT_EQ(overtime->wrapped, first->wrapped);

  provider.failure = base::Error{Errc::not_found, "disabled"};
  EXPECT_EQ(await(keys.sealing_key()).error().code, Errc::not_found);
  provider.failure = base::Error{Errc::unavailable, "down"};
  clock.advance(1h);
  EXPECT_EQ(await(keys.sealing_key()).error().code, Errc::unavailable);
  provider.failure.reset();
  EXPECT_NE(await(keys.sealing_key())->wrapped, first->wrapped);
}

TEST_F(DataKeysTest, RefusesKeysOfTheWrongSize) {
  class Odd final : public KeyProvider {
   public:
    base::Task<DataKey> generate(const KeyContext&) override {
      DataKey key;
      key.plaintext = Secret(16);
      key.wrapped = "w";
      co_return key;
    }
    base::Task<Secret> unwrap(std::string_view, const KeyContext&) override {
      co_return Secret(16);
    }
    base::Task<void> check() override { co_return base::Result<void>(); }
  } odd;
  DataKeys keys(odd, {}, {}, clock);
  EXPECT_FALSE(await(keys.sealing_key()));
  EXPECT_FALSE(await(keys.opening_key("w")));
}

}  // namespace
}  // namespace gatehouse::vault
