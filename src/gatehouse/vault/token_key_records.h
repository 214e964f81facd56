// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

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
  std::string issuer;  // GATEHOUSE_PUBLIC_URL
};

// The keys behind the MAC of every token, kept in the store as KEY#<id>, each wrapped by the key
// provider under a context of its own ("purpose": "token-key"). The first replica makes the first
// one by a conditional write; all others read it. A key serves for tokens from `activeFrom` on, so
// that every replica has read it before the first token names it, and verifies until its `ttl`.
// A new one follows when the newest is thirty days old.
class TokenKeyRecords {
 public:
  TokenKeyRecords(Deployment deployment, store::RecordStore& store, KeyProvider& provider,
                  const base::Clock& clock, base::Random& random, telemetry::Log& log);

  // Reads what is there and makes what is missing. Errc::conflict: the table belongs to a
  // deployment with another issuer (MR-12); the detail says which and what to do.
  base::Task<TokenKeys> load();
  // Reads again and hands what changed to `keys`; makes the successor when it is due. For a job
  // that runs every ten minutes.
  base::Task<void> refresh(TokenKeys& keys);

 private:
  const Deployment deployment_;
  store::RecordStore& store_;
  KeyProvider& provider_;
  const base::Clock& clock_;
  base::Random& random_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::vault
