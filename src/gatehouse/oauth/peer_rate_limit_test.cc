// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/peer_rate_limit.h"

#include <gtest/gtest.h>

#include "gatehouse/oauth/peer_address.h"
#include "gatehouse/oauth/test_request.h"

namespace gatehouse::oauth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(PeerRateLimit, RefusesBeyondTheLimitUntilTheHourIsOver) {
  base::FixedClock clock(base::from_epoch_seconds(1'700'000'000));
  PeerRateLimit limit(2, 10, clock);
  EXPECT_FALSE(limit.admit("a"));
  clock.advance(minutes(10));
  EXPECT_FALSE(limit.admit("a"));
  EXPECT_EQ(limit.admit("a"), seconds(50 * 60));
  EXPECT_FALSE(limit.admit("b"));
  clock.advance(minutes(50));
  EXPECT_FALSE(limit.admit("a"));
}

TEST(PeerRateLimit, KeepsABoundedTable) {
  base::FixedClock clock(base::from_epoch_seconds(1'700'000'000));
  PeerRateLimit limit(3, 100, clock);
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) {
    if (!limit.admit("peer" + std::to_string(i))) ++admitted;
  }
  EXPECT_EQ(limit.size(), 100u);
  EXPECT_EQ(admitted, 103);
  clock.advance(minutes(61));
  EXPECT_FALSE(limit.admit("late"));
  EXPECT_EQ(limit.size(), 1u);
}

struct Case {
  std::string name;
  std::string peer;
  std::vector<std::string> forwarded;
  std::size_t proxies;
  std::string expected;
};

TEST(PeerAddress, BelievesOnlyProxiesOfOurs) {
  const Case cases[] = {
      {"direct", "192.0.2.1", {}, 0, "192.0.2.1"},
      {"header without a proxy", "192.0.2.1", {"198.51.100.9"}, 0, "192.0.2.1"},
      {"one proxy", "10.0.0.1", {"203.0.113.5, 198.51.100.9"}, 1, "198.51.100.9"},
      {"two proxies", "10.0.0.1", {"203.0.113.5, 198.51.100.9"}, 2, "203.0.113.5"},
      {"too few entries", "10.0.0.1", {"203.0.113.5"}, 2, "10.0.0.1"},
      {"no header", "10.0.0.1", {}, 1, "10.0.0.1"},
      {"two headers", "10.0.0.1", {"203.0.113.5", "203.0.113.6"}, 1, "10.0.0.1"},
      {"IPv6 by its /64", "2001:db8:1:2:3:4:5:6", {}, 0, "20010db800010002"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    TestRequest request(http::Method::get, "/");
    request.peer(c.peer);
    for (const std::string& value : c.forwarded) request.header("X-Forwarded-For", value);
    EXPECT_EQ(peer_address(request.get(), c.proxies), c.expected);
  }
}

}  // namespace
}  // namespace gatehouse::oauth
