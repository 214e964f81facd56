// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/asserted_grant.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"

namespace gatehouse::vault {
namespace {

// Those of `scope` that `others` has, or has not.
std::vector<std::string> select(const std::string& scope, const std::vector<std::string>& others,
                                bool has) {
  std::vector<std::string> selected = split_scopes(scope);
  std::erase_if(selected, [&](const std::string& one) {
    return (std::find(others.begin(), others.end(), one) != others.end()) != has;
  });
  return selected;
}

}  // namespace

bool is_same_address(std::string_view a, std::string_view b) {
  return !a.empty() && base::equal_ignoring_case(a, b);
}

GrantPickup pickup_of_opened(const OpenedGrant& grant) {
  const std::string& key = grant.record->key;
  GrantPickup pickup = pickup_for(grant_id_of(key), grant.grant_key);
  pickup.grant = grant_name_of(key);
  if (grant.row.awaits_account()) {
    pickup.email = grant.content.upstream.email;
  } else {
    pickup.subject = grant.content.subject;
  }
  return pickup;
}

bool is_left_for(const LeftForGrant& left, const OpenedGrant& grant) {
  if (!grant.row.awaits_account()) return left.subject == grant.content.subject;
  return left.epoch && !left.subject.empty() &&
         is_same_address(left.upstream.email, grant.content.upstream.email);
}

std::vector<std::string> allowed_scopes(const LeftForGrant& left, const GrantRow& row) {
  if (row.origin.empty()) return left.scopes;
  std::vector<std::string> allowed = split_scopes(row.scope);
  for (std::string& scope : split_scopes(row.declined)) allowed.push_back(std::move(scope));
  return select(join_scopes(left.scopes), allowed, true);
}

void give_account(const LeftForGrant& left, const base::UserId& hashed, OpenedGrant& grant) {
  GrantRow& row = grant.row;
  assert(row.awaits_account() && left.epoch);
  std::vector<std::string> declined = split_scopes(row.declined);
  for (std::string& scope : select(row.scope, left.scopes, false)) {
    declined.push_back(std::move(scope));
  }
  row.declined = join_scopes(declined);
  row.scope = join_scopes(select(row.scope, left.scopes, true));
  for (AccessSlot& slot : row.access) {
    // Empty would mean all of the grant's: a token of which nothing stays keeps what Google
    // refuses.
    const std::vector<std::string> stays = select(slot.scope, left.scopes, true);
    if (!stays.empty()) slot.scope = join_scopes(stays);
  }
  row.user = hashed;
  row.epoch = *left.epoch;
  grant.content.subject = left.subject;
}

}  // namespace gatehouse::vault
