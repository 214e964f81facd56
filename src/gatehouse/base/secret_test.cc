// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/secret.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace gatehouse::base {
namespace {

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);

TEST(Secret, StartsZeroed) {
  const Secret secret(5);
  EXPECT_EQ(secret.reveal(), std::string_view("\0\0\0\0\0", 5));
}

TEST(Secret, CloneIsIndependent) {
  Secret original = Secret::copy_of("hidden");
  const Secret copy = original.clone();
  original.wipe();
  EXPECT_TRUE(original.empty());
  EXPECT_EQ(copy.reveal(), "hidden");
}

TEST(Secret, MoveLeavesNothingBehind) {
  Secret from = Secret::copy_of("hidden");
  Secret to = std::move(from);
  EXPECT_EQ(to.reveal(), "hidden");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)
  Secret other = Secret::copy_of("other");
  other = std::move(to);
  EXPECT_EQ(other.reveal(), "hidden");
}

TEST(Secret, GrowsByAppending) {
  Secret secret;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    secret.append("abc");
    expected += "abc";
  }
  EXPECT_EQ(secret.reveal(), expected);
}

TEST(Secret, AppendsItsOwnBytes) {
  Secret secret = Secret::copy_of("ab");
  for (int i = 0; i < 6; ++i) secret.append(secret.reveal());
  EXPECT_EQ(secret.size(), 128u);
  EXPECT_TRUE(secret.reveal().ends_with("abab"));
}

TEST(Secret, ShrinkingWipesTheTail) {
  Secret secret = Secret::copy_of("abcdef");
  secret.resize(2);
  secret.resize(6);
  EXPECT_EQ(secret.reveal(), std::string_view("ab\0\0\0\0", 6));
}

TEST(Secret, EmptyOnesAreHarmless) {
  Secret empty = Secret::copy_of("");
  empty.append("");
  empty.resize(0);
  empty.wipe();
  EXPECT_TRUE(empty.clone().empty());
}

TEST(ConstantTimeEquality, ComparesAllBytes) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_in_constant_time("Secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secre"));
  for (std::size_t size = 1; size <= 33; ++size) {
    const std::string secret(size, 's');
    for (std::size_t place = 0; place < size; ++place) {
      std::string guess = secret;
      guess[place] = 't';
      EXPECT_FALSE(equal_in_constant_time(secret, guess)) << size << " " << place;
    }
    EXPECT_TRUE(equal_in_constant_time(secret, std::string(size, 's'))) << size;
  }
}

}  // namespace
}  // namespace gatehouse::base
