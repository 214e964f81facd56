// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_lookup.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

using telemetry::Level;

GrantId id_of(const Bearer& bearer) {
  GrantId id;
  const auto bytes = base::as_bytes(bearer.grant_id());
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

}  // namespace

GrantLookup::GrantLookup(store::RecordStore& store, const GrantRecords& records,
                         const UserEpochs& epochs, const TokenKeys& token_keys,
                         VerifiedGrants& verified, const base::Clock& clock)
    : store_(store),
      records_(records),
      epochs_(epochs),
      token_keys_(token_keys),
      verified_(verified),
      clock_(clock) {}

std::optional<Bearer> GrantLookup::proven(BearerKind kind, std::string_view text) const {
  std::optional<Bearer> bearer = Bearer::parse(text);
  if (!bearer || bearer->kind() != kind || !bearer->is_proven_by(token_keys_)) {
    return std::nullopt;
  }
  return bearer;
}

// One read when the user is known from an earlier one, else a second for the epoch. Cached is only
// which user it was: what the row says decides.
VaultTask<FoundGrant> GrantLookup::find(const Bearer& bearer) const {
  FoundGrant found;
  found.key = grant_record_key(bearer.grant_id());
  const std::shared_ptr<const VerifiedGrant> known = verified_.find(id_of(bearer));
  std::vector<std::string> keys{found.key};
  if (known != nullptr) keys = known->keys;
  auto read = co_await store_.get_each(keys);
  if (!read) co_return refuse(read.error());
  found.record = (*read)[0];
  if (found.record == nullptr || is_tombstone(*found.record)) {
    verified_.forget(id_of(bearer));
    co_return refuse(Refused::unknown, "no such grant");
  }
  auto row = co_await records_.row_of(*found.record);
  if (!row) co_return row.error();
  found.row = std::move(*row);

  const std::string user_key = UserEpochs::record_key(found.row.user);
  if (keys.size() == 2 && keys[1] == user_key) {
    found.user_record = (*read)[1];
    co_return found;
  }
  auto user = co_await store_.get(user_key);
  if (!user && user.error().code == base::Errc::invalid_argument) {
    co_return records_.tampered(found.key, "the row names no user");
  }
  if (!user && user.error().code != base::Errc::not_found) co_return refuse(user.error());
  if (user) found.user_record = *user;
  co_return found;
}

VaultTask<void> GrantLookup::check_alive(const FoundGrant& found) const {
  if (clock_.now() >= found.row.expires) co_return refuse(Refused::expired, "the grant is over");
  auto ends = co_await epochs_.open(found.user_record);
  if (!ends && ends.error().code == Refused::tampered) {
    co_return records_.tampered(found.key, "the user's epoch does not open");
  }
  if (!ends) co_return ends.error();
  if (ends->epoch > found.row.epoch) co_return refuse(Refused::ended, "signed out everywhere");
  // Without an epoch it was made when an earlier record, whose epoch the grant has, was over.
  if (ends->epoch > 0 && ends->epoch < found.row.epoch) {
    co_return records_.tampered(found.key, "the user's epoch is older than the grant");
  }
  if (ends->ended_until >= found.row.signed_in_at) {
    co_return refuse(Refused::ended, "ended by a security event");
  }
  co_return base::Result<void, RefusedError>();
}

base::Coroutine<RefusedError> GrantLookup::end_rolled_back(
    const std::string& key, const telemetry::RequestTrace& trace) const {
  records_.log(Level::error, "grant record was rolled back", key,
               "a token is newer than the record; the grant has been ended", trace);
  auto ended = co_await records_.end(key);
  if (!ended) co_return ended.error();
  co_return refuse(Refused::tampered, "the token is newer than its record");
}

base::Coroutine<RefusedError> GrantLookup::end_replayed(
    const std::string& key, std::string_view event, const telemetry::RequestTrace& trace) const {
  records_.log(Level::warn, event, key, "the grant has been ended", trace);
  auto ended = co_await records_.end(key);
  if (!ended) co_return ended.error();
  co_return refuse(Refused::replayed, std::string(event));
}

}  // namespace gatehouse::vault
