// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/scope.h"

#include <gtest/gtest.h>

namespace gatehouse::oauth {
namespace {

TEST(Scope, ReadsTokensSeparatedBySpaces) {
  EXPECT_EQ(parse_scope("a b  c "), (Scopes{"a", "b", "c"}));
  EXPECT_EQ(parse_scope("a a"), (Scopes{"a"}));
  EXPECT_EQ(parse_scope(""), Scopes{});
}

TEST(Scope, RefusesOtherCharactersAndExcess) {
  EXPECT_FALSE(parse_scope("a\tb"));
  EXPECT_FALSE(parse_scope("a\"b"));
  EXPECT_FALSE(parse_scope("\xc3\xa4"));
  EXPECT_FALSE(parse_scope(std::string(3000, 'a')));
  std::string many;
  for (int i = 0; i < 65; ++i) many += "s" + std::to_string(i) + " ";
  EXPECT_FALSE(parse_scope(many));
}

TEST(Scope, IntersectsInTheOrderAsked) {
  EXPECT_EQ(intersection({"c", "a", "x"}, {"a", "b", "c"}), (Scopes{"c", "a"}));
  EXPECT_EQ(difference({"c", "a", "x"}, {"a", "b"}), (Scopes{"c", "x"}));
  EXPECT_TRUE(contains_all({"a", "b"}, {"b"}));
  EXPECT_TRUE(contains_all({"a"}, {}));
  EXPECT_FALSE(contains_all({"a"}, {"a", "b"}));
}

}  // namespace
}  // namespace gatehouse::oauth
