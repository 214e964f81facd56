// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/user_epochs.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/framing.h"
#include "gatehouse/vault/conditional_write.h"
#include "gatehouse/vault/refusal.h"

namespace gatehouse::vault {
namespace {

constexpr std::chrono::hours kLifetime{168};

// The time is left out where there is none.
base::Secret encode(const UserEnds& ends) {
  base::Secret content;
  base::append_number(content, static_cast<std::uint64_t>(ends.epoch), 8);
  const std::int64_t until = base::epoch_seconds(ends.ended_until);
  if (until > 0) base::append_number(content, static_cast<std::uint64_t>(until), 8);
  return content;
}

bool holds(const UserEnds& ends, const UserEnds& least) {
  return ends.epoch >= least.epoch && ends.ended_until >= least.ended_until;
}

}  // namespace

UserEpochs::UserEpochs(store::RecordStore& store, const RecordSeal& seal, const base::Clock& clock)
    : store_(store), seal_(seal), clock_(clock) {}

std::string UserEpochs::record_key(const base::UserId& hashed) { return "USER#" + hashed.str(); }

VaultTask<UserEnds> UserEpochs::open(store::RecordPtr record) const {
  UserEnds ends;
  if (record == nullptr) co_return ends;
  const base::Secret no_holder;
  auto content = co_await seal_.open(*record, no_holder);
  if (!content) co_return refuse(content.error());
  base::FrameReader reader(content->reveal());
  ends.epoch = static_cast<std::int64_t>(reader.number(8));
  std::int64_t until = 0;
  if (!reader.at_end()) until = static_cast<std::int64_t>(reader.number(8));
  ends.ended_until = base::from_epoch_seconds(until);
  const bool says_something = ends.epoch > 0 || (ends.epoch == 0 && until > 0);
  if (!reader.sound() || !reader.at_end() || until < 0 || !says_something) {
    co_return refuse(Refused::tampered, "the user's epoch is malformed");
  }
  co_return ends;
}

VaultTask<UserEnds> UserEpochs::read(const base::UserId& hashed) const {
  const std::string key = record_key(hashed);
  UserEnds none;
  auto record = co_await store_.get(key);
  if (!record && record.error().code == base::Errc::not_found) co_return none;
  if (!record) co_return refuse(record.error());
  auto ends = co_await open(*record);
  co_return ends;
}

VaultTask<void> UserEpochs::raise(const std::vector<base::UserId>& hashed) const {
  UserEnds least;
  least.epoch = base::epoch_seconds(clock_.now());
  for (const base::UserId& one : hashed) {
    auto current = co_await read(one);
    // A record that does not open is overwritten: signing out must not depend on it.
    if (!current && current.error().code != Refused::tampered) co_return current.error();
    if (current) least.epoch = std::max(least.epoch, current->epoch + 1);
  }
  const base::SystemTime expires = clock_.now() + kLifetime;
  for (const base::UserId& one : hashed) {
    auto raised = co_await grow(one, least, expires);
    if (!raised) co_return raised.error();
  }
  co_return base::Result<void, RefusedError>();
}

VaultTask<bool> UserEpochs::end_until(const std::vector<base::UserId>& hashed,
                                      base::SystemTime until) const {
  UserEnds least;
  least.ended_until = until;
  const base::SystemTime expires = until + kLifetime;
  bool changed = false;
  if (expires <= clock_.now()) co_return changed;
  for (const base::UserId& one : hashed) {
    auto grown = co_await grow(one, least, expires);
    if (!grown) co_return grown.error();
    changed = changed || *grown;
  }
  co_return changed;
}

// Writes what holds both what the record says and `least`. False when it said so already: whoever
// wrote it in the meantime ended the same sessions.
VaultTask<bool> UserEpochs::grow(const base::UserId& hashed, UserEnds least,
                                 base::SystemTime expires) const {
  const std::string key = record_key(hashed);
  const base::Secret no_holder;
  for (int i = 0; i < kRacesMax; ++i) {
    auto current = co_await store_.get(key);
    const bool absent = !current && current.error().code == base::Errc::not_found;
    if (!current && !absent) co_return refuse(current.error());
    UserEnds ends = least;
    store::Record record;
    record.key = key;
    record.ttl = base::epoch_seconds(expires);
    record.generation = 1;
    if (!absent) {
      auto stored = co_await open(*current);
      if (!stored && stored.error().code != Refused::tampered) co_return stored.error();
      if (stored && holds(*stored, least)) co_return false;
      if (stored) {
        ends.epoch = std::max(ends.epoch, stored->epoch);
        ends.ended_until = std::max(ends.ended_until, stored->ended_until);
        record.ttl = std::max(record.ttl, (*current)->ttl);
      } else {
        // Nobody knows what it had ended, so everything ends.
        ends.epoch = std::max(ends.epoch, base::epoch_seconds(clock_.now()));
        record.ttl = std::max(record.ttl, base::epoch_seconds(clock_.now() + kLifetime));
      }
      record.generation = (*current)->generation + 1;
    }
    record.write_id = fresh_write_id(seal_.random());
    const base::Secret content = encode(ends);
    auto sealed = co_await seal_.seal(record, no_holder, content);
    if (!sealed) co_return refuse(sealed.error());
    base::Result<store::RecordPtr> written = base::Error{base::Errc::internal, "not written"};
    if (absent) {
      written = co_await create_record(store_, std::move(record));
    } else {
      written = co_await replace_record(store_, std::move(record));
    }
    if (written) co_return true;
    if (written.error().code != base::Errc::conflict) co_return refuse(written.error());
  }
  co_return contended();
}

}  // namespace gatehouse::vault
