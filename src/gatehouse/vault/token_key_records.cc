// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/token_key_records.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/framing.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/store/record_rules.h"
#include "gatehouse/vault/conditional_write.h"
#include "gatehouse/vault/record_seal.h"

namespace gatehouse::vault {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using base::Error;
using telemetry::Field;

constexpr char kActiveFrom[] = "activeFrom";
constexpr char kCreated[] = "created";
constexpr char kIssuer[] = "issuer";

constexpr int kIdMax = 255;
constexpr int kTriesMax = 4;

// Replicas look every ten minutes.
constexpr std::chrono::seconds kNoticeTime = 1h;
constexpr std::chrono::seconds kServiceTime = 30 * 24h;
// A token lives seven days; a day more for replicas that learn late of a successor.
constexpr std::chrono::seconds kNeededAfterUse = 8 * 24h;
constexpr std::chrono::seconds kFirstLifetime = kNoticeTime + kServiceTime + 2 * kNeededAfterUse;
// A key that serves on because its successor could not be made.
constexpr std::chrono::seconds kProlongBelow = kNeededAfterUse + 24h;
constexpr std::chrono::seconds kProlongTo = 2 * kNeededAfterUse;

std::string record_key(std::uint8_t id) { return "KEY#" + std::to_string(id); }

std::uint8_t after(std::uint8_t id) {
  return id == kIdMax ? std::uint8_t{1} : static_cast<std::uint8_t>(id + 1);
}

std::vector<std::uint8_t> ids_from(std::uint8_t first, std::size_t count) {
  std::vector<std::uint8_t> ids;
  for (std::uint8_t id = first; ids.size() < count; id = after(id)) ids.push_back(id);
  return ids;
}

base::Secret sealing_key_of(const TokenKeys::Key& key) {
  return crypto::hkdf_sha256({key.bytes.reveal()}, {}, "gatehouse/key-record/1", 32);
}

TokenKeys::Key copy_of(const TokenKeys::Key& key) {
  return TokenKeys::Key{key.id, key.bytes.clone()};
}

// The sealed content repeats what the record says.
base::Secret content_of(const store::Record& record) {
  base::Secret content;
  base::append_framed(content, record.text(kIssuer));
  base::append_number(content, static_cast<std::uint64_t>(record.number(kActiveFrom)), 8);
  base::append_number(content, static_cast<std::uint64_t>(record.number(kCreated)), 8);
  return content;
}

Error does_not_open(const std::string& key, const std::string& why) {
  return Error{Errc::denied,
               "the token key " + key + " does not open (" + why +
                   "). No other is made beside it, because that would end every session. Give "
                   "this replica the key service, key and context that the record was made with, "
                   "or a version of Gatehouse that knows the record"};
}

Error cannot_say(const std::string& key, const Error& error) {
  return Error{error.code, "the token key " + key + " cannot be opened now: " + error.detail};
}

bool same(const std::vector<TokenKeys::Key>& a, const std::vector<TokenKeys::Key>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.id == other.id &&
           base::equal_in_constant_time(one.bytes.reveal(), other.bytes.reveal());
  });
}

}  // namespace

KeyContext token_key_context(KeyContext data_key_context) {
  data_key_context["purpose"] = "token-key";
  return data_key_context;
}

TokenKeyRecords::TokenKeyRecords(Deployment deployment, store::RecordStore& store,
                                 KeyProvider& provider, const base::Clock& clock,
                                 base::Random& random, telemetry::Log& log)
    : deployment_(std::move(deployment)),
      context_(token_key_context(deployment_.data_key_context)),
      store_(store),
      provider_(provider),
      clock_(clock),
      random_(random),
      log_(log) {}

base::Task<std::vector<TokenKeys::Key>> TokenKeyRecords::load() {
  const std::vector<std::uint8_t> ids = ids_from(1, kIdMax);
  for (int i = 0; i < kTriesMax; ++i) {
    auto stored = co_await read(ids, nullptr);
    if (!stored) co_return stored.error();
    if (!stored->empty()) {
      co_await maintain(*stored);
      co_return in_order(std::move(*stored));
    }
    auto first = co_await create(1, base::epoch_seconds(clock_.now()));
    // Of several first replicas one makes the key, the others read it.
    if (!first && first.error().code != Errc::conflict) co_return first.error();
    if (first) log_.info("first token key made", {{Field::count, 1}});
  }
  co_return Error{Errc::unavailable, "the first token key was made but cannot be read"};
}

base::Task<void> TokenKeyRecords::refresh(TokenKeys& keys) {
  // Ids follow each other, so those in force and their successors lie in one read.
  std::uint8_t oldest = keys.current().id;
  for (std::size_t i = 1; i < store::kKeysPerReadMax; ++i) {
    const auto before = static_cast<std::uint8_t>(oldest == 1 ? kIdMax : oldest - 1);
    if (keys.find(before) == nullptr) break;
    oldest = before;
  }
  const std::vector<std::uint8_t> ids = ids_from(oldest, store::kKeysPerReadMax);
  auto stored = co_await read(ids, &keys);
  if (!stored) co_return stored.error();
  if (stored->empty()) {
    co_return Error{Errc::not_found,
                    "the token keys are gone from the table " + deployment_.table +
                        ". This replica goes on with those it holds; others cannot start with "
                        "them. Restore the KEY# records"};
  }
  co_await maintain(*stored);
  std::vector<TokenKeys::Key> now = in_order(std::move(*stored));
  if (same(now, keys.all())) co_return base::Result<void>();
  log_.info("token keys changed", {{Field::count, static_cast<std::int64_t>(now.size())}});
  keys.adopt(std::move(now));
  co_return base::Result<void>();
}

base::Task<std::vector<TokenKeyRecords::Stored>> TokenKeyRecords::read(
    const std::vector<std::uint8_t>& ids, const TokenKeys* known) const {
  std::vector<Stored> found;
  for (std::size_t at = 0; at < ids.size(); at += store::kKeysPerReadMax) {
    const std::size_t end = std::min(at + store::kKeysPerReadMax, ids.size());
    std::vector<std::string> names;
    for (std::size_t i = at; i < end; ++i) names.push_back(record_key(ids[i]));
    auto records = co_await store_.get_each(names);
    if (!records) co_return records.error();
    for (std::size_t i = at; i < end; ++i) {
      const store::RecordPtr record = (*records)[i - at];
      // By our own clock too: a database deletes hours late.
      if (record == nullptr || record->ttl <= base::epoch_seconds(clock_.now())) continue;
      auto stored = co_await open(record, ids[i], known);
      if (!stored) co_return stored.error();
      found.push_back(std::move(*stored));
    }
  }
  co_return found;
}

base::Task<TokenKeyRecords::Stored> TokenKeyRecords::open(store::RecordPtr record, std::uint8_t id,
                                                          const TokenKeys* known) const {
  const TokenKeys::Key* const held = known == nullptr ? nullptr : known->find(id);
  if (held != nullptr) {
    base::Result<Stored> stored = open_with(record, copy_of(*held));
    if (stored) co_return std::move(*stored);
  }
  auto stored = co_await unwrap(record, id);
  if (!stored) co_return stored.error();
  const std::string_view issuer = stored->record->text(kIssuer);
  if (issuer != deployment_.issuer) {
    co_return Error{Errc::conflict,
                    "the table " + deployment_.table + " belongs to the deployment at " +
                        std::string(issuer) + ", and this replica is configured as " +
                        deployment_.issuer +
                        ". Set GATEHOUSE_PUBLIC_URL to the former, or give this deployment a "
                        "table of its own with GATEHOUSE_STORE"};
  }
  co_return std::move(*stored);
}

base::Task<TokenKeyRecords::Stored> TokenKeyRecords::unwrap(store::RecordPtr record,
                                                            std::uint8_t id) const {
  const base::Result<std::string> wrapped = wrapped_key_of(*record);
  if (!wrapped) co_return does_not_open(record->key, wrapped.error().detail);
  auto bytes = co_await provider_.unwrap(*wrapped, context_);
  if (!bytes) {
    const Errc code = bytes.error().code;
    const bool final = code == Errc::denied || code == Errc::not_found;
    if (final) co_return does_not_open(record->key, bytes.error().detail);
    co_return cannot_say(record->key, bytes.error());
  }
  if (bytes->size() != 32) co_return does_not_open(record->key, "it has the wrong length");
  base::Result<Stored> stored = open_with(record, TokenKeys::Key{id, std::move(*bytes)});
  if (!stored) co_return does_not_open(record->key, stored.error().detail);
  co_return std::move(*stored);
}

base::Result<TokenKeyRecords::Stored> TokenKeyRecords::open_with(store::RecordPtr record,
                                                                 TokenKeys::Key key) const {
  const base::Secret nobody;
  const base::Result<base::Secret> content =
      open_record(deployment_.table, *record, sealing_key_of(key), nobody);
  if (!content) return content.error();
  if (!base::equal_in_constant_time(content->reveal(), content_of(*record).reveal())) {
    return Error{Errc::denied, "record and sealed content disagree"};
  }
  Stored stored;
  stored.key = std::move(key);
  stored.active_from = record->number(kActiveFrom);
  stored.created = record->number(kCreated);
  stored.record = std::move(record);
  return stored;
}

base::Task<TokenKeyRecords::Stored> TokenKeyRecords::create(std::uint8_t id,
                                                            std::int64_t active_from) const {
  auto made = co_await provider_.generate(context_);
  if (!made) co_return Error{made.error().code, "no token key can be made: " + made.error().detail};
  if (made->plaintext.size() != 32) {
    co_return Error{Errc::internal, "the key service made a malformed token key"};
  }
  Stored stored;
  stored.key = TokenKeys::Key{id, std::move(made->plaintext)};
  stored.active_from = active_from;
  stored.created = base::epoch_seconds(clock_.now());

  store::Record record;
  record.key = record_key(id);
  record.ttl = active_from + kFirstLifetime.count();
  record.write_id = fresh_write_id(random_);
  record.attributes[kActiveFrom] = stored.active_from;
  record.attributes[kCreated] = stored.created;
  record.attributes[kIssuer] = deployment_.issuer;
  const base::Result<void> sealed = seal(record, stored.key, std::move(made->wrapped));
  if (!sealed) co_return sealed.error();
  auto created = co_await create_record(store_, std::move(record));
  if (!created) co_return created.error();
  stored.record = *created;
  co_return stored;
}

base::Result<void> TokenKeyRecords::seal(store::Record& record, const TokenKeys::Key& key,
                                         std::string wrapped) const {
  SealingKey sealing;
  sealing.plaintext = sealing_key_of(key);
  sealing.wrapped = std::move(wrapped);
  const base::Secret nobody;
  const base::Secret content = content_of(record);
  return seal_record(deployment_.table, record, sealing, nobody, content, random_);
}

base::Task<store::RecordPtr> TokenKeyRecords::prolong(const Stored& stored) const {
  base::Result<std::string> wrapped = wrapped_key_of(*stored.record);
  if (!wrapped) co_return wrapped.error();
  store::Record record = *stored.record;
  record.ttl = base::epoch_seconds(clock_.now() + kProlongTo);
  record.generation += 1;
  record.write_id = fresh_write_id(random_);
  const base::Result<void> sealed = seal(record, stored.key, std::move(*wrapped));
  if (!sealed) co_return sealed.error();
  auto replaced = co_await replace_record(store_, std::move(record));
  co_return replaced;
}

const TokenKeyRecords::Stored& TokenKeyRecords::in_use(const std::vector<Stored>& stored) const {
  // The newest that is active; while none is, because a clock differs, the one that will be first.
  const std::int64_t now = base::epoch_seconds(clock_.now());
  const auto before = [now](const Stored& a, const Stored& b) {
    const bool a_active = a.active_from <= now;
    const bool b_active = b.active_from <= now;
    if (a_active != b_active) return b_active;
    if (a.active_from == b.active_from) return a.key.id < b.key.id;
    return a_active ? a.active_from < b.active_from : a.active_from > b.active_from;
  };
  return *std::max_element(stored.begin(), stored.end(), before);
}

base::Coroutine<void> TokenKeyRecords::maintain(std::vector<Stored>& stored) const {
  const auto newest =
      std::max_element(stored.begin(), stored.end(), [](const Stored& a, const Stored& b) {
        return a.created == b.created ? a.active_from < b.active_from : a.created < b.created;
      });
  const std::int64_t now = base::epoch_seconds(clock_.now());
  if (newest->created + kServiceTime.count() <= now) {
    const std::uint8_t next = after(newest->key.id);
    auto made = co_await create(next, now + kNoticeTime.count());
    if (made) {
      log_.info("next token key made", {{Field::count, next}});
      stored.push_back(std::move(*made));
    } else if (made.error().code != Errc::conflict) {
      log_.warn("next token key could not be made; the present one serves on",
                {{Field::detail, made.error().detail}});
    }
  }
  const auto current = static_cast<std::size_t>(&in_use(stored) - stored.data());
  if (stored[current].record->ttl >= now + kProlongBelow.count()) co_return;
  auto prolonged = co_await prolong(stored[current]);
  if (prolonged) {
    stored[current].record = *prolonged;
  } else if (prolonged.error().code != Errc::conflict) {
    log_.warn("token key could not be prolonged", {{Field::detail, prolonged.error().detail}});
  }
}

std::vector<TokenKeys::Key> TokenKeyRecords::in_order(std::vector<Stored> stored) const {
  const auto first = &in_use(stored) - stored.data();
  if (first != 0) std::swap(stored[0], stored[static_cast<std::size_t>(first)]);
  std::sort(stored.begin() + 1, stored.end(),
            [](const Stored& a, const Stored& b) { return a.active_from > b.active_from; });
  std::vector<TokenKeys::Key> keys;
  for (Stored& one : stored) keys.push_back(std::move(one.key));
  return keys;
}

}  // namespace gatehouse::vault
