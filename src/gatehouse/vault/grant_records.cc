// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_records.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/vault/conditional_write.h"
#include "gatehouse/vault/envelope.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

using telemetry::Field;
using telemetry::Level;
using Done = base::Result<void, RefusedError>;

constexpr std::chrono::hours kLifetimeMax{168};
constexpr std::chrono::hours kTombstoneLifetime{24};

// What the sealed content repeats must be what the row says.
bool agree(const GrantRow& row, const GrantContent& content) {
  return row.user == content.hashed_user && row.expires == content.expires &&
         row.content_generation == content.content_generation &&
         row.expires <= row.signed_in_at + kLifetimeMax;
}

}  // namespace

std::uint32_t next_generation(const OpenedGrant& grant) {
  return grant.record == nullptr ? 1 : static_cast<std::uint32_t>(grant.record->generation + 1);
}

GrantTerms terms_of(const OpenedGrant& grant) {
  GrantTerms terms;
  terms.user = grant.content.subject;
  terms.client = grant.row.client;
  terms.redirect_uri = grant.content.redirect_uri;
  terms.code_challenge = grant.content.code_challenge;
  terms.scopes = split_scopes(grant.row.scope);
  terms.declined = split_scopes(grant.row.declined);
  terms.resource = grant.row.resource;
  terms.signed_in_at = grant.row.signed_in_at;
  return terms;
}

void put_upstream(const UpstreamCredentials& upstream, OpenedGrant& grant) {
  UpstreamCredentials next = copy_of(upstream);
  // Google leaves the refresh token out when the old one stays good.
  if (next.refresh_token.empty()) {
    next.refresh_token = std::move(grant.content.upstream.refresh_token);
  }
  grant.content.upstream = std::move(next);
  grant.row.content_generation += 1;
}

GrantRecords::GrantRecords(store::RecordStore& store, const RecordSeal& seal,
                           const base::Clock& clock, telemetry::Log& log)
    : store_(store), seal_(seal), clock_(clock), log_(log) {}

VaultTask<store::RecordPtr> GrantRecords::read(const std::string& key) const {
  auto record = co_await store_.get(key);
  if (!record) co_return refuse(record.error());
  if (is_tombstone(**record)) co_return refuse(Refused::unknown, "the grant has ended");
  co_return *record;
}

VaultTask<GrantRow> GrantRecords::row_of(const store::Record& record) const {
  base::Result<GrantRow> row = grant_row_of(record);
  if (!row) co_return tampered(record.key, row.error().detail);
  co_return std::move(*row);
}

VaultTask<OpenedGrant> GrantRecords::open(store::RecordPtr record,
                                          const base::Secret& grant_key) const {
  auto row = co_await row_of(*record);
  if (!row) co_return row.error();
  auto bytes = co_await seal_.open(*record, grant_key);
  if (!bytes && bytes.error().code == base::Errc::denied) {
    co_return tampered(record->key, bytes.error().detail);
  }
  if (!bytes) co_return refuse(bytes.error());
  std::optional<GrantContent> content = decode_grant_content(*bytes);
  if (!content || !agree(*row, *content)) {
    co_return tampered(record->key, "row and sealed content disagree");
  }
  OpenedGrant opened;
  opened.record = std::move(record);
  opened.row = std::move(*row);
  opened.content = std::move(*content);
  opened.grant_key = grant_key.clone();
  co_return opened;
}

VaultTask<OpenedGrant> GrantRecords::open_with(store::RecordPtr record, const Bearer& bearer,
                                               const TokenSlot& slot) const {
  const base::Result<base::Secret> grant_key = unwrap_grant_key(bearer, slot.wrap);
  if (!grant_key) co_return tampered(record->key, "the grant key does not unwrap");
  auto opened = co_await open(std::move(record), *grant_key);
  co_return opened;
}

base::Task<store::RecordPtr> GrantRecords::write(const std::string& key, OpenedGrant& grant) const {
  constexpr std::uint64_t kGenerationMax = std::numeric_limits<std::uint32_t>::max();
  if (grant.record != nullptr && grant.record->generation >= kGenerationMax) {
    co_return base::Error{base::Errc::internal, "the grant has been written too often"};
  }
  grant.content.hashed_user = grant.row.user;
  grant.content.expires = grant.row.expires;
  grant.content.content_generation = grant.row.content_generation;

  store::Record record;
  record.key = key;
  // An unused code leaves nothing behind; a used one makes the grant last.
  const base::SystemTime until = grant.row.code ? grant.row.code->expires : grant.row.expires;
  record.ttl = base::epoch_seconds(std::min(until, grant.row.expires));
  record.generation = next_generation(grant);
  record.write_id = fresh_write_id(seal_.random());
  record.attributes = to_attributes(grant.row);
  const base::Secret content = encode(grant.content);
  auto sealed = co_await seal_.seal(record, grant.grant_key, content);
  if (!sealed) co_return sealed.error();
  if (grant.record == nullptr) {
    auto created = co_await create_record(store_, std::move(record));
    co_return created;
  }
  auto replaced = co_await replace_record(store_, std::move(record));
  co_return replaced;
}

VaultTask<bool> GrantRecords::change(OpenedGrant& grant, const Step& step) const {
  for (int i = 0; i < kRacesMax; ++i) {
    const base::Result<bool, RefusedError> changed = step(grant);
    if (!changed || !*changed) co_return changed;
    const std::string key = grant.record->key;
    auto written = co_await write(key, grant);
    if (written) {
      grant.record = *written;
      co_return true;
    }
    if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
    auto reopened = co_await reopen(grant);
    if (!reopened) co_return reopened.error();
  }
  co_return contended();
}

// The grant key is the grant's whatever has become of the token that unwrapped it.
VaultTask<void> GrantRecords::reopen(OpenedGrant& grant) const {
  const std::string key = grant.record->key;
  auto current = co_await read(key);
  if (!current) co_return current.error();
  auto opened = co_await open(*current, grant.grant_key);
  if (!opened) co_return opened.error();
  grant = std::move(*opened);
  co_return Done();
}

VaultTask<void> GrantRecords::end(const std::string& key,
                                  std::optional<std::int64_t> unless_above) const {
  for (int i = 0; i < kRacesMax; ++i) {
    auto current = co_await read(key);
    if (!current && current.error().code == Refused::unknown) co_return Done();
    if (!current) co_return current.error();
    const std::int64_t stored = (*current)->number(attribute::kContentGeneration);
    if (unless_above && stored > *unless_above) co_return Done();
    auto buried = co_await bury(**current);
    if (buried) co_return Done();
    if (buried.error().code != base::Errc::conflict) co_return refuse(buried.error());
  }
  co_return contended();
}

base::Task<void> GrantRecords::bury(const store::Record& record) const {
  store::Record tombstone;
  tombstone.key = record.key;
  tombstone.ttl = base::epoch_seconds(clock_.now() + kTombstoneLifetime);
  tombstone.generation = record.generation + 1;
  tombstone.write_id = fresh_write_id(seal_.random());
  tombstone.attributes[kEndedAttribute] = base::epoch_seconds(clock_.now());
  const base::Secret nothing;
  auto sealed = co_await seal_.seal(tombstone, nothing, nothing);
  if (sealed) {
    auto written = co_await replace_record(store_, std::move(tombstone));
    if (!written) co_return written.error();
    co_return base::Result<void>();
  }
  // Ending a grant must not wait for the key service; a plain removal ends it as surely.
  auto removed = co_await store_.remove(record.key, record.generation);
  if (!removed && removed.error().code != base::Errc::not_found) co_return removed.error();
  co_return base::Result<void>();
}

void GrantRecords::log(Level level, std::string_view event, const std::string& key,
                       std::string_view detail, const telemetry::RequestTrace& trace) const {
  const std::string hash = base::hex_encode(crypto::view(crypto::sha256(key)));
  const std::string_view grant = std::string_view(hash).substr(0, 6);
  telemetry::TracedLog(log_, trace)
      .write(level, event, {{Field::grant, grant}, {Field::detail, detail}});
}

RefusedError GrantRecords::tampered(const std::string& key, std::string detail,
                                    const telemetry::RequestTrace& trace) const {
  log(Level::error, "grant record does not open", key, detail, trace);
  return refuse(Refused::tampered, std::move(detail));
}

}  // namespace gatehouse::vault
