// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/verified_grants.h"

#include <utility>

#include "gatehouse/base/secret.h"

namespace gatehouse::vault {
namespace {

bool equal(const store::RecordPtr& a, const store::RecordPtr& b) {
  if (a == b) return true;
  return a != nullptr && b != nullptr && *a == *b;
}

}  // namespace

const VerifiedToken* VerifiedGrant::find(const crypto::Sha256& tag) const {
  for (const VerifiedToken& token : tokens) {
    if (base::equal_in_constant_time(crypto::view(token.tag), crypto::view(tag))) return &token;
  }
  return nullptr;
}

bool VerifiedGrant::holds_for(const store::RecordPtr& grant_now,
                              const store::RecordPtr& user_now) const {
  return grant_now != nullptr && equal(record, grant_now) && equal(user_record, user_now);
}

std::shared_ptr<const VerifiedGrant> VerifiedGrants::find(const GrantId& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  if (found->second != entries_.begin()) {
    entries_.splice(entries_.begin(), entries_, found->second);
  }
  return found->second->grant;
}

void VerifiedGrants::remember(const GrantId& id, VerifiedGrant grant) {
  if (entries_max_ == 0) return;
  forget(id);
  while (entries_.size() >= entries_max_) {
    by_id_.erase(entries_.back().id);
    entries_.pop_back();
  }
  entries_.push_front(Entry{id, std::make_shared<const VerifiedGrant>(std::move(grant))});
  by_id_.emplace(id, entries_.begin());
}

void VerifiedGrants::forget(const GrantId& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  entries_.erase(found->second);
  by_id_.erase(found);
}

void VerifiedGrants::clear() {
  by_id_.clear();
  entries_.clear();
}

}  // namespace gatehouse::vault
