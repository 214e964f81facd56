// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/header_text.h"

#include <gtest/gtest.h>

#include <optional>

namespace gatehouse::http {
namespace {

TEST(HeaderText, IsOfEqualWorthWhetherLiteralOrOwn) {
  const HeaderValue literal("no-store");
  const HeaderValue own(std::string("no-store"));
  EXPECT_EQ(literal, "no-store");
  EXPECT_EQ(own, "no-store");
  EXPECT_EQ(own.str(), literal.str());
  EXPECT_EQ(HeaderValue(), "");
}

TEST(HeaderText, OutlivesTheTextItWasMadeOf) {
  std::optional<std::string> text("a value too long for a string's own room");
  const HeaderValue value(*text);
  text.reset();
  EXPECT_EQ(value, "a value too long for a string's own room");
}

TEST(HeaderText, CopiesAndMovesLeaveOneOwnerEach) {
  HeaderValue first(std::string("first value, on the heap"));
  HeaderValue copy = first;
  HeaderValue moved = std::move(first);
  EXPECT_EQ(copy, "first value, on the heap");
  EXPECT_EQ(moved, "first value, on the heap");
  moved = "literal";
  copy = moved;
  moved = std::string("own");
  EXPECT_EQ(copy, "literal");
  EXPECT_EQ(moved, "own");
}

TEST(HeaderText, KnowsWhatNoFieldMayHold) {
  EXPECT_TRUE(HeaderName(std::string("X-Name")).is_legal());
  EXPECT_FALSE(HeaderName(std::string("X Name")).is_legal());
  EXPECT_FALSE(HeaderName(std::string()).is_legal());
  EXPECT_TRUE(HeaderValue(std::string("tab\tand \xC3\xA4")).is_legal());
  EXPECT_FALSE(HeaderValue(std::string("a\r\nX: y")).is_legal());
  EXPECT_FALSE(HeaderValue(std::string("a\x7f")).is_legal());
}

}  // namespace
}  // namespace gatehouse::http
