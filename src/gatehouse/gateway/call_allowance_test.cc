// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/call_allowance.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;

std::size_t calls_in(const std::string& body, http::Method method = http::Method::post) {
  http::Request request;
  request.method = method;
  request.body = body;
  return calls_at_most(request);
}

TEST(CallsAtMost, NeverFewerThanThereAre) {  // DO-08
  const std::string call = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}})";
  EXPECT_EQ(calls_in(call), 1u);
  EXPECT_EQ(calls_in("[" + call + "," + call + "]"), 2u);
  EXPECT_EQ(calls_in(R"({"method":"tools\/call"})"), 1u);
  EXPECT_EQ(calls_in(R"({"method":"\u0074ools/call"})"), 1u);
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += call;
  EXPECT_EQ(calls_in(many), 50u);
}

TEST(CallsAtMost, OtherRequestsHoldNone) {
  EXPECT_EQ(calls_in(""), 0u);
  EXPECT_EQ(calls_in(R"({"jsonrpc":"2.0","id":1,"method":"ping"})"), 0u);
  EXPECT_EQ(calls_in(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})"), 0u);
  EXPECT_EQ(calls_in("tools/call", http::Method::get), 0u);
}

class CallAllowanceTest : public testing::Test {
 protected:
  static CallAllowance::Limits limits() {
    CallAllowance::Limits limits;
    limits.burst = 10;
    limits.per_second = 2;
    limits.users_max = 3;
    return limits;
  }

  base::FixedClock clock_{base::from_epoch_seconds(1'700'000'000)};
  CallAllowance allowance_{limits(), clock_};
};

TEST_F(CallAllowanceTest, FloodIsToldHowLongToWait) {  // DO-08
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(allowance_.take("flood", 1)) << i;
  EXPECT_EQ(allowance_.take("flood", 1), 1s);
  EXPECT_EQ(allowance_.take("flood", 6), 3s);
  EXPECT_FALSE(allowance_.take("somebody else", 10));
}

TEST_F(CallAllowanceTest, WaitingAsToldSuffices) {
  EXPECT_FALSE(allowance_.take("user", 10));
  EXPECT_EQ(allowance_.take("user", 5), 3s);
  clock_.advance(3s);
  EXPECT_FALSE(allowance_.take("user", 5));
  EXPECT_FALSE(allowance_.take("user", 1));
  EXPECT_TRUE(allowance_.take("user", 1));
}

TEST_F(CallAllowanceTest, RefusedCallsDoNotProlongTheWait) {
  EXPECT_FALSE(allowance_.take("user", 10));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(allowance_.take("user", 2), 1s);
}

TEST_F(CallAllowanceTest, KnowsWhenItIsSpent) {
  EXPECT_FALSE(allowance_.is_spent("user"));
  EXPECT_FALSE(allowance_.take("user", 9));
  EXPECT_FALSE(allowance_.is_spent("user"));
  EXPECT_FALSE(allowance_.take("user", 1));
  EXPECT_TRUE(allowance_.is_spent("user"));
  EXPECT_FALSE(allowance_.is_spent("somebody else"));
  clock_.advance(1s);
  EXPECT_FALSE(allowance_.is_spent("user"));
  clock_.advance(3600s);
  EXPECT_FALSE(allowance_.is_spent("user")) << "nor long after";
}

TEST_F(CallAllowanceTest, IsWholeAgainAfterAWhileAndNeverMore) {
  EXPECT_FALSE(allowance_.take("user", 10));
  clock_.advance(3600s);
  EXPECT_FALSE(allowance_.take("user", 10));
  EXPECT_TRUE(allowance_.take("user", 1));
}

TEST_F(CallAllowanceTest, RemembersSoManyUsersAndForgetsTheIdleFirst) {
  for (const char* user : {"a", "b", "c"}) EXPECT_FALSE(allowance_.take(user, 10));
  EXPECT_FALSE(allowance_.take("d", 6));
  EXPECT_TRUE(allowance_.take("e", 6)) << "newcomers share";
  EXPECT_EQ(allowance_.size(), 3u);
  clock_.advance(5s);
  EXPECT_FALSE(allowance_.take("e", 10));
  EXPECT_EQ(allowance_.size(), 1u);
}

}  // namespace
}  // namespace gatehouse::gateway
