// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"

namespace gatehouse::workspace {

// Whose entries, and what opens them. The key follows from the Google token that a call of the
// session opens and wipes, so between calls nobody has it. Two sessions of a person share nothing.
struct CacheOwner {
  std::string user;
  std::string session;  // names the entries; says nothing about the key
  base::Secret key;
};

// Fails as the session's calls to Google would.
google::ApiTask<CacheOwner> cache_owner(google::TokenSource& tokens);

struct SealedCacheLimits {
  std::size_t entries_max = 5'000;
  std::size_t bytes_max = 16 * 1024 * 1024;
  std::size_t entry_bytes_max = 512 * 1024;
  std::size_t owners_max = 1'000;
  std::chrono::seconds lifetime{300};
};

// What was read for somebody lately, for minutes, so that it need not be asked of Google again:
// sealed by AES-256-GCM under the owner's key all the time, so that the memory of an idle process
// tells nothing of anybody's mail. The oldest goes first. Loop thread only.
class SealedCache {
 public:
  explicit SealedCache(base::Random& random, SealedCacheLimits limits = {})
      : random_(random), limits_(limits) {}
  SealedCache(const SealedCache&) = delete;
  SealedCache& operator=(const SealedCache&) = delete;

  std::optional<base::Secret> find(const CacheOwner& owner, const std::string& key,
                                   base::SystemTime now) const;
  // What is larger than an entry may be is not kept.
  void put(const CacheOwner& owner, const std::string& key, std::string_view content,
           base::SystemTime now);
  // In all sessions of the person.
  void forget(const std::string& user, const std::string& key);
  void forget_owner(const CacheOwner& owner);

  // A word in clear that stands for all of an owner's entries and goes with the last of them; empty
  // while no entry is alive.
  std::string note(const CacheOwner& owner, base::SystemTime now) const;
  void set_note(const CacheOwner& owner, std::string text, base::SystemTime now);

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  // All that lies in memory, one after the other; for tests that look for what must not be in it.
  std::string content_at_rest() const;

 private:
  struct Entry {
    std::string owner;
    std::string key;
    std::string nonce;
    std::string sealed;
    std::string tag;
    base::SystemTime expires;

    std::size_t bytes() const;
  };
  using Place = std::list<Entry>::iterator;
  struct Owner {
    std::map<std::string, Place> entries;
    std::string note;
    base::SystemTime last_used{};
  };
  using Owners = std::map<std::string, Owner>;

  void drop(Place entry);
  void drop_idle_owner();
  void drop_entries_of(Owners::iterator owner);

  base::Random& random_;
  SealedCacheLimits limits_;
  std::list<Entry> entries_;  // oldest first
  Owners owners_;             // by user and session
  std::size_t bytes_ = 0;
};

}  // namespace gatehouse::workspace
