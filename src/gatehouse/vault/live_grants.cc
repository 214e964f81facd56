// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/live_grants.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {

LiveGrants::LiveGrants(store::RecordStore& store, const GrantRecords& records,
                       const GrantLookup& lookup, const TokenKeys& token_keys,
                       VerifiedGrants& verified, const RefreshGrace& grace,
                       const base::Clock& clock)
    : store_(store),
      records_(records),
      lookup_(lookup),
      token_keys_(token_keys),
      verified_(verified),
      grace_(grace),
      clock_(clock) {}

VaultTask<LiveGrantPtr> LiveGrants::authenticate(std::string_view text,
                                                 const telemetry::RequestTrace& trace) {
  const std::optional<GrantId> id = peek_grant_id(BearerKind::access, text);
  if (!id) co_return refuse(Refused::malformed, "not an access token of ours");
  forget_proofs_of_other_keys();
  const std::shared_ptr<const VerifiedGrant> known = verified_.find(*id);
  // A text with the digest of one whose MAC was proven is that text.
  const VerifiedToken* const token = known ? known->find(crypto::sha256(text)) : nullptr;
  if (token != nullptr) {
    auto read = co_await store_.get_each(known->keys);
    if (!read) co_return refuse(read.error());
    const base::SystemTime now = clock_.now();
    if (known->holds_for((*read)[0], (*read)[1]) && !known->is_untidy_at(now)) {
      if (now >= token->grant.token_expires || now >= token->grant.expires) {
        co_return refuse(Refused::expired, "the access token is too old");
      }
      co_return LiveGrantPtr(known, &token->grant);
    }
  }
  auto proven_anew = co_await authenticate_slowly(text, *id, trace);
  co_return proven_anew;
}

VaultTask<OpenedGrant> LiveGrants::open(const LiveGrant& live, std::string_view text) const {
  const std::optional<Bearer> token = Bearer::parse(text);
  if (!token || token->kind() != BearerKind::access) {
    co_return refuse(Refused::malformed, "not an access token of ours");
  }
  auto row = co_await records_.row_of(*live.record);
  if (!row) co_return row.error();
  const AccessSlot* const slot = row->find_access(token->tag());
  if (slot == nullptr) co_return refuse(Refused::unknown, "the token is not this grant's");
  auto opened = co_await records_.open_with(live.record, *token, slot->token);
  co_return opened;
}

VaultTask<LiveGrantPtr> LiveGrants::authenticate_slowly(std::string_view text, const GrantId& id,
                                                        const telemetry::RequestTrace& trace) {
  const std::uint64_t proven_at = token_keys_.revision();
  const std::optional<Bearer> token = lookup_.proven(BearerKind::access, text);
  if (!token) co_return refuse(Refused::malformed, "not an access token of ours");
  auto found = co_await lookup_.find(*token);
  if (!found) co_return found.error();
  const AccessSlot* const slot = found->row.find_access(token->tag());
  if (slot == nullptr && token->generation() > found->record->generation) {
    auto refusal = co_await lookup_.end_rolled_back(found->key, trace);
    co_return refusal;
  }
  if (slot == nullptr) co_return refuse(Refused::unknown, "the access token is no longer live");
  if (clock_.now() >= slot->expires) {
    co_return refuse(Refused::expired, "the access token is too old");
  }
  auto alive = co_await lookup_.check_alive(*found);
  if (!alive) co_return alive.error();
  auto opened = co_await records_.open_with(found->record, *token, slot->token);
  if (!opened) co_return opened.error();

  const auto live = std::make_shared<LiveGrant>(live_grant(*opened, *slot));
  std::optional<base::SystemTime> tidy_after;
  if (grace_.drop_stale(opened->row)) {
    // Best effort: nobody is refused because of it, and it is tried again after a while.
    auto written = co_await records_.write(found->key, *opened);
    if (written) live->record = *written;
    if (!written) tidy_after = clock_.now() + grace_.length();
  } else if (opened->row.previous) {
    tidy_after = opened->row.previous->rotated_at + grace_.length();
  }
  if (proven_at == token_keys_.revision()) remember(id, *found, *token, *live, tidy_after);
  co_return LiveGrantPtr(live);
}

LiveGrant LiveGrants::live_grant(const OpenedGrant& opened, const AccessSlot& slot) const {
  LiveGrant live;
  live.id = grant_name_of(opened.record->key);
  live.user = opened.row.user;
  live.origin = opened.row.origin;
  live.client = opened.row.client;
  live.scopes = split_scopes(slot.scope.empty() ? opened.row.scope : slot.scope);
  live.declined = split_scopes(opened.row.declined);
  live.resource = opened.row.resource;
  live.signed_in_at = opened.row.signed_in_at;
  live.expires = opened.row.expires;
  live.token_expires = std::min(slot.expires, opened.row.expires);
  const auto& previous = opened.row.previous;
  if (previous && grace_.covers(*previous)) live.refreshed_at = previous->rotated_at;
  live.record = opened.record;
  return live;
}

// A MAC proven under a key that is gone proves nothing any more.
void LiveGrants::forget_proofs_of_other_keys() {
  if (proofs_revision_ == token_keys_.revision()) return;
  verified_.clear();
  proofs_revision_ = token_keys_.revision();
}

void LiveGrants::remember(const GrantId& id, const FoundGrant& found, const Bearer& token,
                          const LiveGrant& live, std::optional<base::SystemTime> tidy_after) {
  VerifiedGrant verified;
  verified.keys = {found.key, UserEpochs::record_key(found.row.user)};
  verified.record = live.record;
  verified.user_record = found.user_record;
  verified.tidy_after = tidy_after;
  VerifiedToken proof;
  proof.tag = token.tag();
  proof.grant = live;
  verified.tokens.push_back(std::move(proof));
  // Proofs of the grant's other tokens stay good when they were made from the same records.
  const std::shared_ptr<const VerifiedGrant> before = verified_.find(id);
  if (before != nullptr && before->holds_for(verified.record, verified.user_record)) {
    for (const VerifiedToken& other : before->tokens) {
      if (other.tag != token.tag()) verified.tokens.push_back(other);
    }
  }
  verified_.remember(id, std::move(verified));
}

}  // namespace gatehouse::vault
