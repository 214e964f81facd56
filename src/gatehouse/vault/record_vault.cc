// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/record_vault.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/conditional_write.h"
#include "gatehouse/vault/envelope.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/record_seal.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

using base::Errc;
using store::RecordPtr;
using Done = base::Result<void, RefusedError>;

constexpr int kTriesMax = 4;
// Longer than any answer is waited for, so that the taker still finds its own write.
constexpr std::chrono::seconds kTombstoneLifetime{120};

// Thirty-two bytes of whatever the holder shows, different for every record; empty for none.
base::Secret holder_key(const base::Secret& holder_secret, const std::string& key) {
  if (holder_secret.empty()) return {};
  return crypto::hkdf_sha256({holder_secret.reveal()}, key, "gatehouse/holder/1", kGrantKeyBytes);
}

// Where the count of a record's writes begins. Not at one: whoever still holds an earlier record of
// the same key, which was taken meanwhile, must not take this one by the number they remember.
std::uint64_t first_generation(base::Random& random) {
  std::array<std::uint8_t, 4> bytes{};
  random.fill(bytes);
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return 1 + number;
}

}  // namespace

class RecordVault::Impl {
 public:
  Impl(std::string table, store::RecordStore& store, DataKeys& data_keys, const base::Clock& clock,
       base::Random& random)
      : store_(store), clock_(clock), random_(random), seal_(std::move(table), data_keys, random) {}

  VaultTask<void> create(const std::string& key, const base::Secret& content,
                         base::SystemTime expires, const base::Secret& holder_secret) {
    const std::uint64_t generation = first_generation(random_);
    auto record = co_await sealed_record(key, generation, content, expires, holder_secret);
    if (!record) co_return refuse(record.error());
    auto written = co_await create_record(store_, std::move(*record));
    if (!written && written.error().code == Errc::conflict) {
      co_return refuse(Refused::replayed, "the record exists already");
    }
    if (!written) co_return refuse(written.error());
    co_return Done();
  }

  VaultTask<Opened> open(const std::string& key, const base::Secret& holder_secret) {
    auto record = co_await store_.get(key);
    if (!record) co_return refuse(record.error());
    if (is_tombstone(**record)) co_return refuse(Refused::unknown, "the record was taken");
    if (base::epoch_seconds(clock_.now()) >= (*record)->ttl) {
      co_return refuse(Refused::expired, "the record is past its ttl");
    }
    const base::Secret half = holder_key(holder_secret, key);
    auto content = co_await seal_.open(**record, half);
    if (!content) co_return refuse(content.error());
    Opened opened;
    opened.content = std::move(*content);
    opened.record = *record;
    co_return opened;
  }

  // Taking writes a tombstone over the record before it removes it: of two takers one write counts,
  // and after a lost answer the taker knows its own by the write id.
  VaultTask<void> take(const Opened& opened) {
    const std::string key = opened.record->key;
    const std::uint64_t taken_at = opened.record->generation + 1;
    auto tombstone = co_await sealed_tombstone(key, taken_at);
    if (!tombstone) co_return refuse(tombstone.error());
    auto written = co_await replace_record(store_, std::move(*tombstone));
    if (!written && written.error().code == Errc::conflict) {
      co_return refuse(Refused::unknown, "the record was taken by another");
    }
    if (!written) co_return refuse(written.error());
    // Best effort: a tombstone left behind is absent after two minutes.
    auto removed = co_await store_.remove(key, taken_at);
    static_cast<void>(removed);
    co_return Done();
  }

  VaultTask<void> replace(const Opened& opened, const base::Secret& content,
                          base::SystemTime expires, const base::Secret& holder_secret) {
    const std::string key = opened.record->key;
    const std::uint64_t generation = opened.record->generation + 1;
    auto record = co_await sealed_record(key, generation, content, expires, holder_secret);
    if (!record) co_return refuse(record.error());
    auto written = co_await replace_record(store_, std::move(*record));
    if (!written) co_return refuse(written.error());
    co_return Done();
  }

  VaultTask<void> remove(const std::string& key) {
    for (int i = 0; i < kTriesMax; ++i) {
      auto record = co_await store_.get(key);
      if (!record && record.error().code == Errc::not_found) co_return Done();
      if (!record) co_return refuse(record.error());
      const std::uint64_t generation = (*record)->generation;
      auto removed = co_await store_.remove(key, generation);
      if (removed || removed.error().code == Errc::not_found) co_return Done();
    }
    co_return refuse(Refused::unavailable, "the record could not be removed");
  }

 private:
  base::Task<store::Record> sealed_tombstone(const std::string& key, std::uint64_t generation) {
    store::Record tombstone;
    tombstone.key = key;
    tombstone.ttl = base::epoch_seconds(clock_.now() + kTombstoneLifetime);
    tombstone.generation = generation;
    tombstone.write_id = fresh_write_id(random_);
    tombstone.attributes[kEndedAttribute] = base::epoch_seconds(clock_.now());
    const base::Secret nothing;
    auto sealed = co_await seal_.seal(tombstone, nothing, nothing);
    if (!sealed) co_return sealed.error();
    co_return tombstone;
  }

  base::Task<store::Record> sealed_record(const std::string& key, std::uint64_t generation,
                                          const base::Secret& content, base::SystemTime expires,
                                          const base::Secret& holder_secret) {
    store::Record record;
    record.key = key;
    record.ttl = base::epoch_seconds(expires);
    record.generation = generation;
    record.write_id = fresh_write_id(random_);
    const base::Secret half = holder_key(holder_secret, key);
    auto sealed = co_await seal_.seal(record, half, content);
    if (!sealed) co_return sealed.error();
    co_return record;
  }

  store::RecordStore& store_;
  const base::Clock& clock_;
  base::Random& random_;
  const RecordSeal seal_;
};

RecordVault::RecordVault(std::string table, store::RecordStore& store, DataKeys& data_keys,
                         const base::Clock& clock, base::Random& random)
    : impl_(std::make_unique<Impl>(std::move(table), store, data_keys, clock, random)) {}

RecordVault::~RecordVault() = default;

VaultTask<void> RecordVault::create(const std::string& key, const base::Secret& content,
                                    base::SystemTime expires, const base::Secret& holder_secret) {
  return impl_->create(key, content, expires, holder_secret);
}

VaultTask<RecordVault::Opened> RecordVault::open(const std::string& key,
                                                 const base::Secret& holder_secret) {
  return impl_->open(key, holder_secret);
}

VaultTask<void> RecordVault::take(const Opened& opened) { return impl_->take(opened); }

VaultTask<void> RecordVault::replace(const Opened& opened, const base::Secret& content,
                                     base::SystemTime expires, const base::Secret& holder_secret) {
  return impl_->replace(opened, content, expires, holder_secret);
}

VaultTask<void> RecordVault::remove(const std::string& key) { return impl_->remove(key); }

}  // namespace gatehouse::vault
