// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_widening.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>

#include "gatehouse/vault/asserted_grant.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/grant_content.h"
#include "gatehouse/vault/grant_limits.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

using Changed = base::Result<bool, RefusedError>;
using Done = base::Result<void, RefusedError>;

bool is_absent(const RefusedError& error) {
  return error.code == Refused::unknown || error.code == Refused::expired;
}

std::string with_scopes(const std::string& scope, const std::vector<std::string>& more) {
  std::vector<std::string> all = split_scopes(scope);
  for (const std::string& one : more) {
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  }
  return join_scopes(all);
}

// Also to a token that was narrowed. False when all of them were there.
bool add_scopes(const std::vector<std::string>& scopes, const crypto::Sha256& tag, GrantRow& row) {
  const std::string before = row.scope;
  row.scope = with_scopes(row.scope, scopes);
  std::vector<std::string> declined = split_scopes(row.declined);
  std::erase_if(declined, [&scopes](const std::string& scope) {
    return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
  });
  row.declined = join_scopes(declined);
  AccessSlot* const slot = row.find_access(tag);
  if (slot == nullptr || slot->scope.empty()) return row.scope != before;
  const std::string narrow = std::exchange(slot->scope, with_scopes(slot->scope, scopes));
  return row.scope != before || slot->scope != narrow;
}

}  // namespace

GrantWidening::GrantWidening(const VaultOptions& options, const GrantRecords& records,
                             const LiveGrants& live, RecordVault& pickups,
                             const SubjectHashes& subjects, const UserEpochs& epochs,
                             const RefreshGrace& grace, const base::Clock& clock)
    : options_(options),
      records_(records),
      live_(live),
      pickups_(pickups),
      subjects_(subjects),
      epochs_(epochs),
      grace_(grace),
      clock_(clock) {}

VaultTask<GrantPickup> GrantWidening::pickup_of(const LiveGrant& live,
                                                std::string_view text) const {
  auto grant = co_await live_.open(live, text);
  if (!grant) co_return grant.error();
  co_return pickup_of_opened(*grant);
}

VaultTask<void> GrantWidening::leave(const GrantPickup& pickup,
                                     const std::vector<std::string>& scopes,
                                     const UpstreamCredentials& upstream) const {
  if (pickup.subject.empty() || !fits(upstream) || scopes.empty() || !are_scopes(scopes)) {
    co_return refuse(Refused::malformed, "a field of what is left is too long or malformed");
  }
  LeftForGrant left;
  left.subject = pickup.subject;
  left.scopes = scopes;
  left.upstream = copy_of(upstream);
  if (!pickup.email.empty()) {
    const base::UserId user = subjects_.current(pickup.subject);
    auto ends = co_await epochs_.read(user);
    if (!ends) co_return ends.error();
    left.epoch = ends->epoch;
  }
  const base::Secret content = encode(left);
  const base::SystemTime expires = clock_.now() + options_.pickup_ttl;
  auto removed = co_await pickups_.remove(pickup.record_key);
  if (!removed) co_return removed.error();
  auto created = co_await pickups_.create(pickup.record_key, content, expires, pickup.secret);
  co_return created;
}

// The record goes last: should this end half-way, the next call finds it and changes nothing more.
VaultTask<bool> GrantWidening::pick_up(const LiveGrant& live, std::string_view text) const {
  auto grant = co_await live_.open(live, text);
  if (!grant) co_return grant.error();
  const GrantPickup pickup = pickup_of_opened(*grant);
  auto opened = co_await pickups_.open(pickup.record_key, pickup.secret);
  if (!opened && is_absent(opened.error())) co_return false;
  if (!opened) co_return opened.error();
  const std::optional<LeftForGrant> left = decode_left_for_grant(opened->content);
  if (!left || !is_left_for(*left, *grant)) {
    co_return records_.tampered(live.record->key, "what was left for the grant is not its own");
  }
  auto widened = co_await widen(std::move(*grant), text, *left);
  if (!widened) co_return widened.error();
  auto removed = co_await pickups_.remove(pickup.record_key);
  static_cast<void>(removed);  // it ends by itself
  co_return true;
}

VaultTask<void> GrantWidening::widen(OpenedGrant grant, std::string_view text,
                                     const LeftForGrant& left) const {
  const std::optional<Bearer> token = Bearer::parse(text);
  assert(token);
  const std::int64_t replaced = grant.row.content_generation;
  const GrantRecords::Step step = [&](OpenedGrant& current) -> Changed {
    const bool joins = current.row.awaits_account();
    if (joins) give_account(left, subjects_.current(left.subject), current);
    const bool adds =
        joins || add_scopes(allowed_scopes(left, current.row), token->tag(), current.row);
    // Another call of this grant came for it as well, and what is stored by now may be newer.
    if (!adds && current.row.content_generation != replaced) return false;
    put_upstream(left.upstream, current);
    current.row.lease.reset();
    grace_.drop_stale(current.row);
    return true;
  };
  auto changed = co_await records_.change(grant, step);
  if (!changed) co_return changed.error();
  co_return Done();
}

}  // namespace gatehouse::vault
