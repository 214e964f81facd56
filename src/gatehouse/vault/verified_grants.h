// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::vault {

using GrantId = std::array<std::uint8_t, kGrantIdBytes>;

// An access token whose MAC, slot and seal have all been checked against one exact record.
struct VerifiedToken {
  VerifiedToken() {}
  crypto::Sha256 tag{};
  LiveGrant grant;
};

// What was proven about one grant, and the exact records it was proven from.
struct VerifiedGrant {
  VerifiedGrant() {}
  std::vector<std::string> keys;  // of the grant's record and of the user's
  store::RecordPtr record;
  store::RecordPtr user_record;                // null when the user has none
  std::optional<base::SystemTime> tidy_after;  // erase the previous refresh token then
  std::vector<VerifiedToken> tokens;

  const VerifiedToken* find(const crypto::Sha256& tag) const;
  // Whether what was just read is what the proofs were made from.
  bool holds_for(const store::RecordPtr& grant_now, const store::RecordPtr& user_now) const;
  bool is_untidy_at(base::SystemTime now) const { return tidy_after && now > *tidy_after; }
};

// Remembers proofs, most recently used first. It authorises nothing: whoever uses it has just read
// the records from the store. Without an entry the same answer only takes longer.
class VerifiedGrants {
 public:
  explicit VerifiedGrants(std::size_t entries_max) : entries_max_(entries_max) {}

  std::shared_ptr<const VerifiedGrant> find(const GrantId& id);
  void remember(const GrantId& id, VerifiedGrant grant);
  void forget(const GrantId& id);
  void clear();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    GrantId id;
    std::shared_ptr<const VerifiedGrant> grant;
  };
  struct Hash {
    // Grant ids are random and proven to be ours before they get here.
    std::size_t operator()(const GrantId& id) const noexcept {
      std::size_t hash;
      std::memcpy(&hash, id.data(), sizeof hash);
      return hash;
    }
  };

  const std::size_t entries_max_;
  std::list<Entry> entries_;
  std::unordered_map<GrantId, std::list<Entry>::iterator, Hash> by_id_;
};

}  // namespace gatehouse::vault
