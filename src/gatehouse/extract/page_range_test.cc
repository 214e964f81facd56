// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/page_range.h"

#include <gtest/gtest.h>

namespace gatehouse::extract {
namespace {

TEST(PageRange, IsANumberOrTwo) {
  const struct {
    const char* text;
    std::size_t first;
    std::size_t last;
  } rows[] = {
      {"7", 7, 7}, {"2-5", 2, 5}, {"3-", 3, PageRange::kLast}, {"100000", 100'000, 100'000}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto range = PageRange::parse(row.text);
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, row.first);
    EXPECT_EQ(range->last, row.last);
    EXPECT_TRUE(range->holds(row.first));
    EXPECT_FALSE(range->holds(row.first - 1));
  }
  EXPECT_TRUE(PageRange().is_all());
}

TEST(PageRange, IsNothingElse) {
  for (const char* text : {"", "0", "-", "-3", "5-2", "1,2", " 1", "1 ", "1-2-3", "+1", "100001",
                           "99999999999999999999", "1-x", "a"})
    EXPECT_FALSE(PageRange::parse(text)) << text;
}

}  // namespace
}  // namespace gatehouse::extract
