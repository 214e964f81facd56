// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/user_streams.h"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {

void UserStreams::add(const vault::LiveGrant& grant,
                      const std::shared_ptr<http::EventStream>& stream) {
  if (size_ >= tidy_at_) forget_closed();
  by_user_[grant.user].push_back({grant.signed_in_at, stream});
  ++size_;
}

void UserStreams::follow(const vault::LiveGrant& grant) {
  if (grant.origin.empty() || grant.awaits_account()) return;
  auto early = by_user_.extract(grant.origin);
  if (early.empty()) return;
  std::vector<Entry>& theirs = by_user_[grant.user];
  for (Entry& entry : early.mapped()) theirs.push_back(std::move(entry));
}

void UserStreams::end(const base::UserId& hashed, base::SystemTime until) {
  for (const auto& taken : take(hashed, until)) {
    if (const auto stream = taken.lock()) stream->close();
  }
}

UserStreams::Streams UserStreams::take(const base::UserId& hashed, base::SystemTime until) {
  Streams ended;
  const auto mine = by_user_.find(hashed);
  if (mine == by_user_.end()) return ended;
  std::erase_if(mine->second, [&](Entry& entry) {
    if (entry.signed_in_at > until) return false;
    ended.push_back(std::move(entry.stream));
    return true;
  });
  size_ -= ended.size();
  if (mine->second.empty()) by_user_.erase(mine);
  return ended;
}

void UserStreams::forget_closed() {
  constexpr std::size_t kLeast = 64;
  size_ = 0;
  for (auto& [user, entries] : by_user_) {
    std::erase_if(entries, [](const Entry& entry) {
      const auto stream = entry.stream.lock();
      return stream == nullptr || !stream->is_open();
    });
    size_ += entries.size();
  }
  std::erase_if(by_user_, [](const auto& item) { return item.second.empty(); });
  tidy_at_ = std::max(kLeast, 2 * size_);
}

}  // namespace gatehouse::gateway
