// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/byte_budget.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

namespace gatehouse::http {
namespace {

TEST(ByteBudget, HoldsForAllSharesTogether) {
  const ByteBudget budget(100);
  ByteBudget::Share one = budget.share();
  ByteBudget::Share two = budget.share();

  EXPECT_TRUE(one.resize(60));
  EXPECT_FALSE(two.resize(41));
  EXPECT_EQ(two.bytes(), 0u);
  EXPECT_TRUE(two.resize(40));
  EXPECT_FALSE(one.resize(std::numeric_limits<std::size_t>::max()));
  EXPECT_TRUE(one.resize(10));
  EXPECT_TRUE(two.resize(90));
  EXPECT_EQ(budget.bytes(), 100u);
}

TEST(ByteBudget, CountsAShareUntilItIsGone) {
  const ByteBudget budget(100);
  ByteBudget::Share kept;
  {
    ByteBudget::Share moved = budget.share();
    ASSERT_TRUE(moved.resize(70));
    kept = std::move(moved);
  }
  EXPECT_EQ(budget.bytes(), 70u);
  { const ByteBudget::Share last = std::move(kept); }
  EXPECT_EQ(budget.bytes(), 0u);
}

TEST(ByteBudget, MayGoBeforeItsShares) {
  std::optional<ByteBudget> budget(100);
  ByteBudget::Share share = budget->share();
  budget.reset();

  EXPECT_TRUE(share.resize(100));
  EXPECT_FALSE(share.resize(101));
}

}  // namespace
}  // namespace gatehouse::http
