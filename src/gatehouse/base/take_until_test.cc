// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/take_until.h"

#include <gtest/gtest.h>

namespace gatehouse::base {
namespace {

TEST(TakeUntil, TakesOneItemAfterTheOther) {
  std::string_view rest = "a;;b";
  EXPECT_EQ(take_until(rest, ';'), "a");
  EXPECT_EQ(rest, ";b");
  EXPECT_EQ(take_until(rest, ';'), "");
  EXPECT_EQ(rest, "b");
  EXPECT_EQ(take_until(rest, ';'), "b");
  EXPECT_EQ(rest, "");
}

TEST(TakeUntil, TakesNothingFromNothing) {
  std::string_view rest;
  EXPECT_EQ(take_until(rest, ','), "");
  EXPECT_TRUE(rest.empty());
}

TEST(TakeUntil, DropsALastSeparator) {
  std::string_view rest = "a,";
  EXPECT_EQ(take_until(rest, ','), "a");
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace gatehouse::base
