// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/message_cache.h"

#include <algorithm>
#include <utility>

namespace gatehouse::workspace::gmail {

std::optional<Summary> MessageCache::find(const std::string& user, const std::string& key,
                                          base::SystemTime now) const {
  const auto owner = users_.find(user);
  if (owner == users_.end()) return std::nullopt;
  const auto entry = owner->second.entries.find(key);
  if (entry == owner->second.entries.end() || entry->second->expires <= now) return std::nullopt;
  return entry->second->summary;
}

void MessageCache::put(const std::string& user, const std::string& key, Summary summary,
                       base::SystemTime now) {
  forget(user, key);
  while (!entries_.empty() && entries_.front().expires <= now) drop_oldest();
  bytes_ += summary.bytes();
  entries_.push_back({user, key, std::move(summary), now + limits_.lifetime});
  users_[user].entries[key] = std::prev(entries_.end());
  users_[user].last_used = now;
  while (entries_.size() > limits_.entries_max || bytes_ > limits_.bytes_max) drop_oldest();
  if (users_.size() > limits_.users_max) drop_idle_user();
}

void MessageCache::forget(const std::string& user, const std::string& key) {
  const auto owner = users_.find(user);
  if (owner == users_.end()) return;
  const auto entry = owner->second.entries.find(key);
  if (entry == owner->second.entries.end()) return;
  bytes_ -= entry->second->summary.bytes();
  entries_.erase(entry->second);
  owner->second.entries.erase(entry);
}

void MessageCache::forget_user(const std::string& user) {
  const auto owner = users_.find(user);
  if (owner == users_.end()) return;
  for (const auto& [key, entry] : owner->second.entries) {
    bytes_ -= entry->summary.bytes();
    entries_.erase(entry);
  }
  users_.erase(owner);
}

std::string MessageCache::as_of(const std::string& user, base::SystemTime now) const {
  const auto owner = users_.find(user);
  if (owner == users_.end()) return "";
  const auto& entries = owner->second.entries;
  const bool any_alive = std::any_of(entries.begin(), entries.end(),
                                     [&](const auto& e) { return e.second->expires > now; });
  return any_alive ? owner->second.as_of : "";
}

void MessageCache::begin(const std::string& user, std::string_view history_id,
                         base::SystemTime now) {
  const std::string known = as_of(user, now);
  if (known.empty() || is_later_history(known, history_id))
    users_[user].as_of = std::string(history_id);
}

void MessageCache::confirm(const std::string& user, std::string_view history_id) {
  const auto owner = users_.find(user);
  if (owner != users_.end() && is_later_history(history_id, owner->second.as_of))
    owner->second.as_of = std::string(history_id);
}

std::optional<LabelNames> MessageCache::labels(const std::string& user,
                                               base::SystemTime now) const {
  const auto owner = users_.find(user);
  if (owner == users_.end() || owner->second.labels_expire <= now) return std::nullopt;
  return owner->second.labels;
}

void MessageCache::put_labels(const std::string& user, LabelNames names, base::SystemTime now) {
  User& owner = users_[user];
  owner.labels = std::move(names);
  owner.labels_expire = now + limits_.lifetime;
  owner.last_used = now;
  if (users_.size() > limits_.users_max) drop_idle_user();
}

void MessageCache::drop_oldest() {
  const Entry& oldest = entries_.front();
  const auto owner = users_.find(oldest.user);
  owner->second.entries.erase(oldest.key);
  bytes_ -= oldest.summary.bytes();
  entries_.pop_front();
}

void MessageCache::drop_idle_user() {
  const auto idle = std::min_element(
      users_.begin(), users_.end(),
      [](const auto& a, const auto& b) { return a.second.last_used < b.second.last_used; });
  const std::string user = idle->first;
  forget_user(user);
}

}  // namespace gatehouse::workspace::gmail
