// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/task.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/key_provider.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// What all replicas of a deployment must agree on; bound into the KEY# records.
struct Deployment {
  Deployment() {}
  std::string table;
  std::string issuer;           // GATEHOUSE_PUBLIC_URL
  KeyContext data_key_context;  // as DataKeys has it
};

// The context under which token keys are wrapped: that of data keys and a purpose of its own, so
// that neither kind unwraps as the other.
KeyContext token_key_context(KeyContext data_key_context);

// The keys behind the MAC of every token, kept in the store as KEY#<id>, each wrapped by the key
// provider under a context of its own. The rest of a record is sealed under a key derived from the
// token key itself: whoever writes the table can neither plant a key nor alter one. The first
// replica makes the first key by a conditional write; all others read it. A key serves for tokens
// from `activeFrom` on, so that every replica has read it before the first token names it, and
// verifies until its `ttl`. A new one follows when the newest is thirty days old. The `ttl` of the
// key in use is always further away than any token that it makes may live.
class TokenKeyRecords {
 public:
  TokenKeyRecords(Deployment deployment, store::RecordStore& store, KeyProvider& provider,
                  const base::Clock& clock, base::Random& random, telemetry::Log& log);

  // For TokenKeys. Reads what is there and makes what is missing. Errors keep a replica from
  // starting; the detail says which record and what to do. Errc::conflict: the table belongs to a
  // deployment with another issuer (MR-12). Errc::denied: a key does not open, and no other is made
  // beside it. Errc::unavailable: store or key service fail; try again.
  base::Task<std::vector<TokenKeys::Key>> load();
  // Reads again and hands what changed to `keys`; makes the successor when it is due. For a job
  // that runs every ten minutes. After an error `keys` are as they were.
  base::Task<void> refresh(TokenKeys& keys);

 private:
  struct Stored {
    Stored() {}
    store::RecordPtr record;
    TokenKeys::Key key{};
    std::int64_t active_from = 0;
    std::int64_t created = 0;
  };

  // The keys among these ids. Those in `known` are recognised without asking the key service.
  base::Task<std::vector<Stored>> read(const std::vector<std::uint8_t>& ids,
                                       const TokenKeys* known) const;
  base::Task<Stored> open(store::RecordPtr record, std::uint8_t id, const TokenKeys* known) const;
  base::Task<Stored> unwrap(store::RecordPtr record, std::uint8_t id) const;
  base::Result<Stored> open_with(store::RecordPtr record, TokenKeys::Key key) const;
  base::Task<Stored> create(std::uint8_t id, std::int64_t active_from) const;
  base::Result<void> seal(store::Record& record, const TokenKeys::Key& key,
                          std::string wrapped) const;
  base::Task<store::RecordPtr> prolong(const Stored& stored) const;
  // What there is to do on the records by now. Failures are logged: what serves goes on serving.
  base::Coroutine<void> maintain(std::vector<Stored>& stored) const;
  std::vector<TokenKeys::Key> in_order(std::vector<Stored> stored) const;
  const Stored& in_use(const std::vector<Stored>& stored) const;

  const Deployment deployment_;
  const KeyContext context_;
  store::RecordStore& store_;
  KeyProvider& provider_;
  const base::Clock& clock_;
  base::Random& random_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::vault
