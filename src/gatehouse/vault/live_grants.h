// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/grant_lookup.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/refresh_grace.h"
#include "gatehouse/vault/token_keys.h"
#include "gatehouse/vault/verified_grants.h"

namespace gatehouse::vault {

// Proves access tokens against their rows; the promises are GrantVault's.
class LiveGrants {
 public:
  // All must outlive this.
  LiveGrants(store::RecordStore& store, const GrantRecords& records, const GrantLookup& lookup,
             const TokenKeys& token_keys, VerifiedGrants& verified, const RefreshGrace& grace,
             const base::Clock& clock);

  VaultTask<LiveGrantPtr> authenticate(std::string_view access_token,
                                       const telemetry::RequestTrace& trace);
  // Opens the record that the caller authenticated against, with the token it was done with.
  VaultTask<OpenedGrant> open(const LiveGrant& live, std::string_view access_token) const;

 private:
  VaultTask<LiveGrantPtr> authenticate_slowly(std::string_view text, const GrantId& id,
                                              const telemetry::RequestTrace& trace);
  LiveGrant live_grant(const OpenedGrant& opened, const AccessSlot& slot) const;
  void forget_proofs_of_other_keys();
  void remember(const GrantId& id, const FoundGrant& found, const Bearer& token,
                const LiveGrant& live, std::optional<base::SystemTime> tidy_after);

  store::RecordStore& store_;
  const GrantRecords& records_;
  const GrantLookup& lookup_;
  const TokenKeys& token_keys_;
  VerifiedGrants& verified_;
  const RefreshGrace& grace_;
  const base::Clock& clock_;
  std::uint64_t proofs_revision_ = 0;  // of the token keys that proved what is remembered
};

}  // namespace gatehouse::vault
