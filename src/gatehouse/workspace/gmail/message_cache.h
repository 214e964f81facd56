// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/workspace/gmail/labels.h"
#include "gatehouse/workspace/gmail/summary.h"

namespace gatehouse::workspace::gmail {

struct MessageCacheLimits {
  std::size_t entries_max = 5'000;
  std::size_t bytes_max = 6 * 1024 * 1024;
  std::size_t users_max = 1'000;
  std::chrono::seconds lifetime{300};
};

// Summaries lately read, for minutes, by user: a mail never changes except for its labels, so a
// repeated search need not read it again. Which labels changed is known from the mailbox history
// since `as_of`. Loop thread only.
class MessageCache {
 public:
  explicit MessageCache(MessageCacheLimits limits = {}) : limits_(limits) {}

  // `key` is the message id, or for threads an own form of the id.
  std::optional<Summary> find(const std::string& user, const std::string& key,
                              base::SystemTime now) const;
  void put(const std::string& user, const std::string& key, Summary summary, base::SystemTime now);
  void forget(const std::string& user, const std::string& key);
  void forget_user(const std::string& user);

  // All label changes of this user's cached messages since this history id may be missing here.
  // Empty: nothing is cached.
  std::string as_of(const std::string& user, base::SystemTime now) const;
  // To be called before put() with the mailbox's history id from before the summaries were read:
  // as_of() never lies later. `confirm` moves it on once the changes up to there have been taken
  // in.
  void begin(const std::string& user, std::string_view history_id, base::SystemTime now);
  void confirm(const std::string& user, std::string_view history_id);

  std::optional<LabelNames> labels(const std::string& user, base::SystemTime now) const;
  void put_labels(const std::string& user, LabelNames names, base::SystemTime now);

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string user;
    std::string key;
    Summary summary;
    base::SystemTime expires;
  };
  struct User {
    std::unordered_map<std::string, std::list<Entry>::iterator> entries;
    std::string as_of;
    LabelNames labels;
    base::SystemTime labels_expire{};
    base::SystemTime last_used{};
  };

  void drop_oldest();
  void drop_idle_user();

  MessageCacheLimits limits_;
  std::list<Entry> entries_;  // oldest first
  std::unordered_map<std::string, User> users_;
  std::size_t bytes_ = 0;
};

}  // namespace gatehouse::workspace::gmail
