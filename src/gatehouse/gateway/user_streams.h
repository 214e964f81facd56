// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/http/event_stream.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::gateway {

// Which open streams of this process belong to whom, so that they end with the sessions they belong
// to and not only at their next request. Owns none of them.
class UserStreams {
 public:
  void add(const vault::LiveGrant& grant, const std::shared_ptr<http::EventStream>& stream);

  // Streams that began before the grant's account was known are that account's from now on.
  void follow(const vault::LiveGrant& grant);

  // Ends the streams of the user whose stored form is `hashed`, as far as their sign-in was not
  // later than `until`.
  void end(const base::UserId& hashed, base::SystemTime until);

  // The same streams, forgotten here, for whoever lets them go on for a moment.
  using Streams = std::vector<std::weak_ptr<http::EventStream>>;
  Streams take(const base::UserId& hashed, base::SystemTime until);

  std::size_t size() const { return size_; }

 private:
  struct Entry {
    base::SystemTime signed_in_at{};
    std::weak_ptr<http::EventStream> stream;
  };

  void forget_closed();

  std::unordered_map<base::UserId, std::vector<Entry>> by_user_;
  std::size_t size_ = 0;
  std::size_t tidy_at_ = 64;  // entries; doubles with what is really open
};

}  // namespace gatehouse::gateway
