// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/user_epochs.h"

#include <algorithm>
#include <utility>

#include "gatehouse/vault/conditional_write.h"
#include "gatehouse/vault/framing.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

constexpr std::chrono::hours kLifetime{168};
constexpr int kTriesMax = 8;

base::Secret encode_epoch(std::int64_t epoch) {
  base::Secret content;
  append_number(content, static_cast<std::uint64_t>(epoch), 8);
  return content;
}

}  // namespace

UserEpochs::UserEpochs(store::RecordStore& store, const RecordSeal& seal, const base::Clock& clock)
    : store_(store), seal_(seal), clock_(clock) {}

std::string UserEpochs::record_key(const base::UserId& hashed) { return "USER#" + hashed.str(); }

VaultTask<std::int64_t> UserEpochs::open(store::RecordPtr record) const {
  if (record == nullptr) co_return 0;
  const base::Secret no_holder;
  auto content = co_await seal_.open(*record, no_holder);
  if (!content) co_return refuse(content.error());
  FrameReader reader(content->reveal());
  const auto epoch = static_cast<std::int64_t>(reader.number(8));
  if (!reader.sound() || !reader.at_end() || epoch <= 0) {
    co_return refuse(Refused::tampered, "the user's epoch is malformed");
  }
  co_return epoch;
}

VaultTask<std::int64_t> UserEpochs::read(const base::UserId& hashed) const {
  const std::string key = record_key(hashed);
  auto record = co_await store_.get(key);
  if (!record && record.error().code == base::Errc::not_found) co_return 0;
  if (!record) co_return refuse(record.error());
  auto epoch = co_await open(*record);
  co_return epoch;
}

VaultTask<void> UserEpochs::raise(const std::vector<base::UserId>& hashed) const {
  std::int64_t epoch = base::epoch_seconds(clock_.now());
  for (const base::UserId& one : hashed) {
    auto current = co_await read(one);
    // A record that does not open is overwritten: signing out must not depend on it.
    if (!current && current.error().code != Refused::tampered) co_return current.error();
    if (current) epoch = std::max(epoch, *current + 1);
  }
  for (const base::UserId& one : hashed) {
    auto raised = co_await raise_one(one, epoch);
    if (!raised) co_return raised.error();
  }
  co_return base::Result<void, RefusedError>();
}

VaultTask<void> UserEpochs::raise_one(const base::UserId& hashed, std::int64_t epoch) const {
  const std::string key = record_key(hashed);
  const base::Secret content = encode_epoch(epoch);
  const base::Secret no_holder;
  for (int i = 0; i < kTriesMax; ++i) {
    auto current = co_await store_.get(key);
    const bool absent = !current && current.error().code == base::Errc::not_found;
    if (!current && !absent) co_return refuse(current.error());
    if (!absent) {
      auto stored = co_await open(*current);
      // Whoever wrote it in the meantime ended the same grants.
      if (stored && *stored >= epoch) co_return base::Result<void, RefusedError>();
    }
    store::Record record;
    record.key = key;
    record.ttl = base::epoch_seconds(clock_.now() + kLifetime);
    record.generation = absent ? 1 : (*current)->generation + 1;
    record.write_id = fresh_write_id(seal_.random());
    auto sealed = co_await seal_.seal(record, no_holder, content);
    if (!sealed) co_return refuse(sealed.error());
    base::Result<store::RecordPtr> written = base::Error{base::Errc::internal, "not written"};
    if (absent) {
      written = co_await create_record(store_, std::move(record));
    } else {
      written = co_await replace_record(store_, std::move(record));
    }
    if (written) co_return base::Result<void, RefusedError>();
    if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
  }
  co_return refuse(Refused::unavailable, "too many writers at once");
}

}  // namespace gatehouse::vault
