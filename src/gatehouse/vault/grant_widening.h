// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/vault/grant_pickup.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/live_grants.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/vault/refresh_grace.h"
#include "gatehouse/vault/subject_hashes.h"
#include "gatehouse/vault/user_epochs.h"

namespace gatehouse::vault {

// How a grant comes to what its person allowed after it was made: somebody without a token of it
// leaves that, a call of the grant picks it up. The promises are GrantVault's.
class GrantWidening {
 public:
  // All must outlive this.
  GrantWidening(const VaultOptions& options, const GrantRecords& records, const LiveGrants& live,
                RecordVault& pickups, const SubjectHashes& subjects, const UserEpochs& epochs,
                const RefreshGrace& grace, const base::Clock& clock);

  VaultTask<GrantPickup> pickup_of(const LiveGrant& grant, std::string_view access_token) const;
  VaultTask<void> leave(const GrantPickup& pickup, const std::vector<std::string>& scopes,
                        const UpstreamCredentials& upstream) const;
  VaultTask<bool> pick_up(const LiveGrant& grant, std::string_view access_token) const;

 private:
  VaultTask<void> widen(OpenedGrant grant, std::string_view access_token,
                        const LeftForGrant& left) const;

  const VaultOptions& options_;
  const GrantRecords& records_;
  const LiveGrants& live_;
  RecordVault& pickups_;
  const SubjectHashes& subjects_;
  const UserEpochs& epochs_;
  const RefreshGrace& grace_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::vault
