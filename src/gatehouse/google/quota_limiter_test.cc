// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/quota_limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/http/await_for_test.h"

namespace gatehouse::google {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcome = ApiResult<QuotaLimiter::Place>;

base::Coroutine<void> nothing() { co_return; }

struct Fixture {
  explicit Fixture(int units_per_minute = 600, int calls_at_once = 2, int project_units = 1'000'000)
      : limiter({units_per_minute, project_units}, calls_at_once, clock, [this](milliseconds time) {
          pauses.push_back(time);
          clock.advance(std::chrono::ceil<seconds>(time));
          return nothing();
        }) {}

  QuotaLimiter::Deadline in(seconds time) const { return clock.steady_now() + time; }
  Outcome admit(int units = 1, const std::string& user = "alice", seconds patience = seconds(40)) {
    const auto deadline = in(patience);
    return http::await_for_test(loop, limiter.admit(user, units, deadline));
  }
  // Starts a wait of alice's for a place, for each outcome.
  void line_up(std::vector<std::optional<Outcome>>& outcomes) {
    until = in(seconds(40));
    for (auto& outcome : outcomes)
      http::start_for_test(loop, limiter.admit(alice, 1, until), outcome);
    loop.poll();
  }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'795'500'000)};
  std::vector<milliseconds> pauses;
  QuotaLimiter limiter;
  const std::string alice = "alice";
  QuotaLimiter::Deadline until{};  // when those who line up give up
};

// One who has the only place, and two who wait for it: the first of them may be cancelled.
struct TwoInLine : Fixture {
  TwoInLine() : Fixture(600, 1), holder(admit()) {
    until = in(seconds(40));
    boost::asio::co_spawn(
        loop, http::keep_result(limiter.admit(alice, 1, until), cancelled),
        boost::asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    http::start_for_test(loop, limiter.admit(alice, 1, until), patient);
    loop.restart();
    loop.poll();
  }

  void cancel() { signal.emit(boost::asio::cancellation_type::terminal); }

  Outcome holder;
  std::optional<Outcome> cancelled;
  std::optional<Outcome> patient;
  boost::asio::cancellation_signal signal;
};

TEST(QuotaLimiter, AdmitsAtOnceWhileThereAreUnits) {
  Fixture f;
  EXPECT_EQ(f.limiter.units_left("alice"), 600);
  EXPECT_TRUE(f.admit(20));
  EXPECT_EQ(f.limiter.units_left("alice"), 580);
  EXPECT_TRUE(f.pauses.empty());
}

TEST(QuotaLimiter, RefillsOverAMinuteAndNotBeyond) {
  Fixture f;
  EXPECT_TRUE(f.admit(600));
  EXPECT_EQ(f.limiter.units_left("alice"), 0);
  f.clock.advance(seconds(6));
  EXPECT_EQ(f.limiter.units_left("alice"), 60);
  f.clock.advance(seconds(600));
  EXPECT_EQ(f.limiter.units_left("alice"), 600);
}

TEST(QuotaLimiter, WaitsForUnitsThatComeBeforeTheDeadline) {
  Fixture f;
  EXPECT_TRUE(f.admit(600));
  EXPECT_TRUE(f.admit(100));
  ASSERT_EQ(f.pauses.size(), 1u);
  EXPECT_EQ(f.pauses[0], seconds(10));
}

TEST(QuotaLimiter, RefusesAtOnceWhatCannotStartInTime) {
  Fixture f;
  EXPECT_TRUE(f.admit(600));
  const auto refused = f.admit(500);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ApiFault::rate_limited);
  EXPECT_EQ(refused.error().retry_after, seconds(50));
  EXPECT_TRUE(f.pauses.empty());
  EXPECT_EQ(f.limiter.units_left("alice"), 0) << "a refused call is not charged";
  EXPECT_TRUE(f.admit(100));
}

TEST(QuotaLimiter, ChargesEachUserAlone) {
  Fixture f;
  EXPECT_TRUE(f.admit(600, "alice"));
  EXPECT_TRUE(f.admit(600, "bob"));
  EXPECT_TRUE(f.pauses.empty());
}

TEST(QuotaLimiter, KeepsAllUsersTogetherWithinTheProject) {
  Fixture f(600, 2, 1'000);
  EXPECT_TRUE(f.admit(500, "alice"));
  EXPECT_TRUE(f.admit(500, "bob"));
  EXPECT_TRUE(f.pauses.empty());
  EXPECT_TRUE(f.admit(100, "carol"));
  EXPECT_EQ(f.pauses, std::vector<milliseconds>{seconds(6)});

  const auto refused = f.admit(600, "dora", seconds(10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "All users of this gateway together have used up what Google allows in a minute.");
  EXPECT_EQ(refused.error().retry_after, seconds(36));
  EXPECT_EQ(f.limiter.units_left("dora"), 600) << "a refused call is not charged";
}

TEST(QuotaLimiter, HoldsEverybodyWhenGoogleSaysSo) {
  Fixture f;
  f.limiter.hold(seconds(20));
  EXPECT_TRUE(f.admit(1, "alice"));
  ASSERT_EQ(f.pauses.size(), 1u);
  EXPECT_GE(f.pauses[0], seconds(20));
  EXPECT_LE(f.pauses[0], seconds(21));
  EXPECT_TRUE(f.admit(1, "bob"));
  EXPECT_EQ(f.pauses.size(), 1u) << "the time has passed";
  f.limiter.hold(std::chrono::hours(5));
  const auto refused = f.admit(1, "alice", seconds(40));
  ASSERT_FALSE(refused);
  EXPECT_LE(refused.error().retry_after, seconds(61));
}

TEST(QuotaLimiter, LetsSoManyCallsRunAtOnceAndTheRestInOrder) {
  Fixture f;
  std::vector<std::optional<Outcome>> outcomes(5);
  f.line_up(outcomes);
  const auto admitted = [&] {
    return std::ranges::count_if(outcomes, [](const auto& outcome) { return outcome.has_value(); });
  };
  EXPECT_EQ(admitted(), 2);
  EXPECT_TRUE(outcomes[0] && outcomes[1]);
  for (std::size_t i = 0; i < 3; ++i) {
    **outcomes[i] = QuotaLimiter::Place();
    f.loop.poll();
    EXPECT_TRUE(outcomes[i + 2].has_value()) << i;
    EXPECT_EQ(admitted(), static_cast<std::ptrdiff_t>(i + 3));
  }
}

TEST(QuotaLimiter, AMovedPlaceIsGivenBackOnce) {
  Fixture f(600, 1);
  auto first = f.admit();
  ASSERT_TRUE(first);
  QuotaLimiter::Place moved = std::move(*first);
  QuotaLimiter::Place assigned;
  assigned = std::move(moved);
  assigned = QuotaLimiter::Place();
  auto second = f.admit();
  EXPECT_TRUE(second);
  const auto third = f.admit(1, "alice", seconds(0));
  EXPECT_FALSE(third) << "one at a time still holds";
}

TEST(QuotaLimiter, RefusesWhoWaitedInVainAndForgetsThem) {
  Fixture f(600, 1);
  auto holder = f.admit();
  const auto refused = f.admit(1, "alice", seconds(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ApiFault::rate_limited);
  *holder = QuotaLimiter::Place();
  EXPECT_TRUE(f.admit());
}

TEST(QuotaLimiter, BoundsTheLine) {
  Fixture f(600'000, 1);
  std::vector<std::optional<Outcome>> outcomes(300);
  f.line_up(outcomes);
  std::size_t refused = 0;
  for (const auto& outcome : outcomes) refused += outcome && !*outcome ? 1 : 0;
  EXPECT_EQ(refused, 300u - 200 - 1);
  // Each place that is given back goes to the next in line until all have had theirs.
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i] && *outcomes[i]) **outcomes[i] = QuotaLimiter::Place();
    f.loop.poll();
  }
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.has_value());
  EXPECT_TRUE(f.admit());
}

TEST(QuotaLimiter, ACancelledWaitTakesNobodysPlace) {
  TwoInLine f;
  f.cancel();
  f.loop.poll();
  EXPECT_FALSE(f.patient.has_value()) << "the place is still held";
  *f.holder = QuotaLimiter::Place();
  f.loop.poll();
  ASSERT_TRUE(f.patient.has_value());
  EXPECT_TRUE(*f.patient);
  const auto third = f.admit(1, "alice", seconds(0));
  EXPECT_FALSE(third) << "one at a time still holds";
}

TEST(QuotaLimiter, APlaceCalledAndCancelledAtOnceGoesToTheNext) {
  TwoInLine f;
  *f.holder = QuotaLimiter::Place();
  f.cancel();
  f.loop.poll();
  f.cancelled.reset();
  f.loop.poll();
  ASSERT_TRUE(f.patient.has_value());
  EXPECT_TRUE(*f.patient);
}

TEST(QuotaLimiter, ForgetsUsersWithFullBuckets) {
  Fixture f;
  auto held = f.admit(1, "holder");
  for (int i = 0; i < 10'100; ++i) {
    EXPECT_TRUE(f.admit(1, "user-" + std::to_string(i)));
    if (i == 5'000) f.clock.advance(seconds(60));
  }
  EXPECT_LT(f.limiter.users_kept(), 6'000u);
  *held = QuotaLimiter::Place();
}

TEST(QuotaLimiter, SurvivesTheLoopThatItsWaitersRanOn) {
  base::FixedClock clock{base::from_epoch_seconds(0)};
  QuotaLimiter limiter({600, 6'000}, 1, clock, [](milliseconds) { return nothing(); });
  const std::string user = "alice";
  std::vector<std::optional<Outcome>> outcomes(3);
  {
    boost::asio::io_context loop;
    for (auto& outcome : outcomes)
      http::start_for_test(loop, limiter.admit(user, 1, clock.steady_now() + seconds(40)), outcome);
    loop.poll();
  }
  outcomes.clear();
  boost::asio::io_context loop;
  EXPECT_TRUE(http::await_for_test(loop, limiter.admit(user, 1, clock.steady_now() + seconds(40))));
}

}  // namespace
}  // namespace gatehouse::google
