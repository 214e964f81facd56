// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/cached_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <vector>

#include "gatehouse/aws/source_bench.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = base::Result<Credentials>;

// Numbers its credentials; every fetch takes a turn of the loop, or as long as it is told to.
class FakeSource final : public CredentialsSource {
 public:
  explicit FakeSource(const base::Clock& clock) : clock_(clock) {}

  base::Task<Credentials> fetch() override {
    ++fetches;
    using Timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          base::Executor>;
    const auto executor = co_await boost::asio::this_coro::executor;
    Timer timer(executor, takes);
    const boost::asio::use_awaitable_t<base::Executor> token;
    co_await timer.async_wait(token);
    if (failure) co_return *failure;
    Credentials credentials;
    credentials.access_key_id = "AKIA" + std::to_string(stuck ? 1 : fetches);
    credentials.secret_access_key = base::Secret::copy_of("s3cret");
    credentials.source = "fake";
    if (lifetime) credentials.expires = clock_.now() + *lifetime;
    co_return credentials;
  }

  int fetches = 0;
  bool stuck = false;
  std::optional<base::Error> failure;
  std::optional<seconds> lifetime = minutes(60);
  std::chrono::milliseconds takes{1};

 private:
  const base::Clock& clock_;
};

struct Bench {
  Bench() {
    auto owned = std::make_unique<FakeSource>(clock);
    source = owned.get();
    cached = std::make_unique<CachedCredentials>(std::move(owned), clock, log);
  }
  Outcome get() { return http::await_for_test(loop, cached->get()); }
  std::string id() {
    const auto outcome = get();
    return outcome ? outcome->access_key_id : outcome.error().detail;
  }
  void fail(Errc code = Errc::unavailable) { source->failure = base::Error{code, "endpoint gone"}; }
  std::size_t lines_about(std::string_view event) const {
    std::size_t count = 0;
    for (std::size_t at = log.text().find(event); at != std::string::npos;
         at = log.text().find(event, at + 1)) {
      ++count;
    }
    return count;
  }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'795'492'800)};
  telemetry::MemoryLog log;
  FakeSource* source = nullptr;
  std::unique_ptr<CachedCredentials> cached;
};

TEST(CachedCredentials, AsksOnceForLongLivedOnes) {
  Bench bench;
  bench.source->lifetime.reset();
  EXPECT_EQ(bench.id(), "AKIA1");
  bench.clock.advance(std::chrono::hours(24 * 365));
  EXPECT_EQ(bench.id(), "AKIA1");
}

// ST-12
TEST(CachedCredentials, RenewsFiveMinutesAheadWithoutKeepingAnybodyWaiting) {
  Bench bench;
  EXPECT_EQ(bench.id(), "AKIA1");
  bench.clock.advance(minutes(55) - seconds(1));
  EXPECT_EQ(bench.id(), "AKIA1");
  EXPECT_EQ(bench.source->fetches, 1);
  bench.clock.advance(seconds(1));
  EXPECT_EQ(bench.id(), "AKIA1") << "the old ones hold while the renewal is under way";
  EXPECT_EQ(bench.source->fetches, 2);
  EXPECT_EQ(bench.id(), "AKIA2");
}

// ST-12
TEST(CachedCredentials, ManyCallersCauseOneRenewal) {
  Bench bench;
  std::vector<std::optional<Outcome>> outcomes(50);
  for (auto& outcome : outcomes) {
    http::start_for_test(bench.loop, bench.cached->get(), outcome);
  }
  bench.loop.run();
  for (const auto& outcome : outcomes) {
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ((*outcome)->access_key_id, "AKIA1");
  }
  EXPECT_EQ(bench.source->fetches, 1);
}

// ST-12, TM-06
TEST(CachedCredentials, OldOnesServeUntilTheirEndWhileRenewingFails) {
  Bench bench;
  EXPECT_EQ(bench.id(), "AKIA1");
  bench.fail();
  bench.clock.advance(minutes(55));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(bench.id(), "AKIA1");
    bench.clock.advance(seconds(14));
  }
  EXPECT_LE(bench.source->fetches, 12) << "not asked at every call";
  EXPECT_GE(bench.source->fetches, 8);
  EXPECT_THAT(bench.log.text(), HasSubstr("endpoint gone; the old ones serve for 300 s more"));
  bench.clock.advance(seconds(19));
  EXPECT_EQ(bench.id(), "AKIA1") << "one second before the end";
  bench.clock.advance(seconds(1));
  const auto ended = bench.get();
  ASSERT_FALSE(ended) << "at the second of the end";
  EXPECT_EQ(ended.error().code, Errc::unavailable);
  EXPECT_EQ(ended.error().detail, "endpoint gone");
  bench.source->failure.reset();
  EXPECT_THAT(bench.id(), HasSubstr("AKIA"));
}

TEST(CachedCredentials, TellsOnceOfAFailureAndOnceOfItsEnd) {
  Bench bench;
  bench.fail();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bench.id(), "endpoint gone");
  EXPECT_EQ(bench.lines_about("aws credentials cannot be had"), 1u);
  bench.source->failure.reset();
  EXPECT_EQ(bench.id(), "AKIA4");
  EXPECT_EQ(bench.lines_about("aws credentials can be had again"), 1u);
  EXPECT_THAT(bench.log.text(), Not(HasSubstr("s3cret")));
}

TEST(CachedCredentials, RejectedOnesAreAskedForAgain) {
  Bench bench;
  const auto first = bench.get();
  ASSERT_TRUE(first);
  bench.cached->reject(*first);
  const auto second = bench.get();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->access_key_id, "AKIA2");
  bench.cached->reject(*first);
  EXPECT_EQ(bench.id(), "AKIA2") << "somebody has renewed meanwhile";
  EXPECT_EQ(bench.source->fetches, 2);
}

TEST(CachedCredentials, ASourceThatKnowsNoOthersIsNotAskedWithoutEnd) {
  Bench bench;
  bench.source->stuck = true;
  for (int i = 0; i < 10; ++i) {
    const auto outcome = bench.get();
    ASSERT_TRUE(outcome);
    bench.cached->reject(*outcome);
  }
  EXPECT_EQ(bench.source->fetches, 2);
  bench.clock.advance(seconds(5));
  const auto outcome = bench.get();
  ASSERT_TRUE(outcome);
  bench.cached->reject(*outcome);
  EXPECT_EQ(bench.id(), "AKIA1");
  EXPECT_EQ(bench.source->fetches, 3);
}

// TM-01
TEST(CachedCredentials, AJumpOfTheClockEndsThem) {
  Bench bench;
  EXPECT_EQ(bench.id(), "AKIA1");
  bench.clock.set(bench.clock.now() + std::chrono::hours(24 * 7));
  EXPECT_EQ(bench.id(), "AKIA2");
}

TEST(CachedCredentials, RefusesOnesThatHaveEndedAlready) {
  Bench bench;
  bench.source->lifetime = seconds(0);
  const auto outcome = bench.get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::unavailable);
  EXPECT_THAT(outcome.error().detail, HasSubstr("clock"));
}

// TM-05: the limit is of steady time, and the renewal outlives whoever gave up on it.
TEST(CachedCredentials, WaitsNoLongerThanTold) {
  Bench bench;
  bench.source->takes = std::chrono::milliseconds(100);
  std::optional<Outcome> hasty;
  http::start_for_test(bench.loop, bench.cached->get(std::chrono::milliseconds(1)), hasty);
  bench.loop.run();
  ASSERT_TRUE(hasty);
  ASSERT_FALSE(*hasty);
  EXPECT_EQ((*hasty).error().code, Errc::timeout);
  EXPECT_EQ(bench.id(), "AKIA1");
  EXPECT_EQ(bench.source->fetches, 1);
}

TEST(CachedCredentials, LeavesNothingBehindWhenTheLoopEndsFirst) {
  Bench bench;
  std::optional<Outcome> outcome;
  {
    boost::asio::io_context loop{1};
    http::start_for_test(loop, bench.cached->get(), outcome);
    loop.poll_one();
  }
  EXPECT_FALSE(outcome);
}

}  // namespace
}  // namespace gatehouse::aws
