// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/workspace/gmail/labels.h"
#include "gatehouse/workspace/gmail/summary.h"
#include "gatehouse/workspace/sealed_cache.h"

namespace gatehouse::workspace::gmail {

// Summaries lately read: a mail never changes except for its labels, so a repeated search need not
// read it again. Which labels changed is known from the mailbox history since `as_of`.
class MessageCache {
 public:
  explicit MessageCache(SealedCache& cache) : cache_(cache) {}

  // `key` is the message id, or for threads an own form of the id.
  std::optional<Summary> find(const CacheOwner& owner, const std::string& key,
                              base::SystemTime now) const;
  void put(const CacheOwner& owner, const std::string& key, const Summary& summary,
           base::SystemTime now);
  // In all sessions of the person.
  void forget(const std::string& user, const std::string& key);
  void forget_all(const CacheOwner& owner) { cache_.forget_owner(owner); }

  // All label changes of this owner's cached messages since this history id may be missing here.
  // Empty: nothing is cached.
  std::string as_of(const CacheOwner& owner, base::SystemTime now) const;
  // To be called before put() with the mailbox's history id from before the summaries were read:
  // as_of() never lies later. `confirm` moves it on once the changes up to there have been taken
  // in.
  void begin(const CacheOwner& owner, std::string_view history_id, base::SystemTime now);
  void confirm(const CacheOwner& owner, std::string_view history_id, base::SystemTime now);

  std::optional<LabelNames> labels(const CacheOwner& owner, base::SystemTime now) const;
  void put_labels(const CacheOwner& owner, const LabelNames& names, base::SystemTime now);

 private:
  SealedCache& cache_;
};

}  // namespace gatehouse::workspace::gmail
