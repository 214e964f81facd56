// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/cache_control.h"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

using std::chrono::seconds;

TEST(CacheControl, SaysHowLong) {
  EXPECT_EQ(cache_lifetime("max-age=300"), seconds(300));
  EXPECT_EQ(cache_lifetime("public, Max-Age=86400, immutable"), seconds(86'400));
  EXPECT_EQ(cache_lifetime("max-age=0"), seconds(0));
  EXPECT_EQ(cache_lifetime("max-age=10, no-store"), seconds(0));
  EXPECT_EQ(cache_lifetime("no-cache"), seconds(0));
  EXPECT_EQ(cache_lifetime("max-age=99999999999999999999"), seconds(2'147'483'648));
}

TEST(CacheControl, SaysNothing) {
  for (const char* value : {"", "public", "max-age=", "max-age=-1", "max-age=1.5", "s-maxage=9"}) {
    EXPECT_EQ(cache_lifetime(value), std::nullopt) << value;
  }
}

}  // namespace
}  // namespace gatehouse::http
