// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/load_limit.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace gatehouse::gateway {
namespace {

LoadLimit::Limits limits(std::size_t requests, std::size_t bytes) {
  LoadLimit::Limits limits;
  limits.requests_max = requests;
  limits.body_bytes_max = bytes;
  return limits;
}

TEST(LoadLimit, CountsRequestsUntilTheyAreGone) {  // DO-12
  LoadLimit load(limits(2, 1000));
  auto first = load.admit(0);
  auto second = load.admit(0);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(load.admit(0));
  second.reset();
  EXPECT_TRUE(load.admit(0));
}

TEST(LoadLimit, CountsBodiesUntilTheyAreGone) {  // DO-12
  LoadLimit load(limits(100, 1000));
  auto first = load.admit(600);
  ASSERT_TRUE(first);
  EXPECT_FALSE(load.admit(401));
  auto second = load.admit(400);
  EXPECT_TRUE(second);
  first.reset();
  EXPECT_TRUE(load.admit(600));
}

TEST(LoadLimit, LetsOneInWhateverItsSize) {
  LoadLimit load(limits(100, 1000));
  auto large = load.admit(5000);
  EXPECT_TRUE(large);
  EXPECT_FALSE(load.admit(1));
  large.reset();
  EXPECT_TRUE(load.admit(1));
}

TEST(LoadLimit, ShareThatMovesCountsOnce) {
  LoadLimit load(limits(1, 1000));
  LoadLimit::Share kept;
  {
    auto first = load.admit(10);
    ASSERT_TRUE(first);
    kept = std::move(*first);
  }
  EXPECT_FALSE(load.admit(10));
  { const LoadLimit::Share taken = std::move(kept); }
  EXPECT_TRUE(load.admit(10));
}

TEST(LoadLimit, ShareMayOutliveTheLimit) {
  LoadLimit::Share kept;
  {
    LoadLimit load(limits(1, 1000));
    auto first = load.admit(10);
    ASSERT_TRUE(first);
    kept = std::move(*first);
  }
}

}  // namespace
}  // namespace gatehouse::gateway
