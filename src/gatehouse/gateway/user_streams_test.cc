// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/user_streams.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using std::chrono::seconds;

vault::LiveGrant grant_of(const std::string& user, std::int64_t signed_in_at) {
  vault::LiveGrant grant;
  grant.user = base::UserId(user);
  grant.signed_in_at = base::from_epoch_seconds(signed_in_at);
  return grant;
}

TEST(UserStreams, EndsThoseOfTheUserThatBeganBeforeThen) {
  UserStreams streams;
  const auto first = http::EventStream::create();
  const auto second = http::EventStream::create();
  const auto later = http::EventStream::create();
  const auto of_another = http::EventStream::create();
  streams.add(grant_of("ann", 100), first);
  streams.add(grant_of("ann", 200), second);
  streams.add(grant_of("ann", 201), later);
  streams.add(grant_of("bob", 100), of_another);

  streams.end(base::UserId("ann"), base::from_epoch_seconds(200));
  streams.end(base::UserId("nobody"), base::SystemTime::max());

  EXPECT_FALSE(first->is_open());
  EXPECT_FALSE(second->is_open());
  EXPECT_TRUE(later->is_open());
  EXPECT_TRUE(of_another->is_open());
  streams.end(base::UserId("ann"), base::SystemTime::max());
  EXPECT_FALSE(later->is_open());
  EXPECT_EQ(streams.size(), 1U);
}

TEST(UserStreams, FollowAGrantToItsAccount) {
  UserStreams streams;
  vault::LiveGrant grant = grant_of("ann at her company", 100);
  grant.origin = grant.user;
  const auto early = http::EventStream::create();
  streams.add(grant, early);
  streams.follow(grant);
  grant.user = base::UserId("ann");
  streams.follow(grant);
  streams.follow(grant_of("bob", 100));

  streams.end(base::UserId("ann at her company"), base::SystemTime::max());
  EXPECT_TRUE(early->is_open());
  streams.end(base::UserId("ann"), base::SystemTime::max());
  EXPECT_FALSE(early->is_open());
  EXPECT_EQ(streams.size(), 0U);
}

TEST(UserStreams, KeepsNoStreamAlive) {
  UserStreams streams;
  std::weak_ptr<http::EventStream> gone;
  {
    const auto stream = http::EventStream::create();
    gone = stream;
    streams.add(grant_of("ann", 1), stream);
  }
  EXPECT_TRUE(gone.expired());
  streams.end(base::UserId("ann"), base::SystemTime::max());
}

TEST(UserStreams, RemembersLittleMoreThanWhatIsOpen) {
  UserStreams streams;
  std::vector<std::shared_ptr<http::EventStream>> open;
  for (int i = 0; i < 10'000; ++i) {
    const auto stream = http::EventStream::create();
    streams.add(grant_of("user " + std::to_string(i), 1), stream);
    if (i % 100 == 0) open.push_back(stream);
  }
  EXPECT_LE(streams.size(), 2 * open.size() + 64);
  streams.end(base::UserId("user 0"), base::SystemTime::max());
  EXPECT_FALSE(open.front()->is_open());
}

}  // namespace
}  // namespace gatehouse::gateway
