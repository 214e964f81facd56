// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/live_grants.h"
#include "gatehouse/vault/refresh_grace.h"

namespace gatehouse::vault {

// The Google credentials in a grant, and who is about to refresh them; the promises are
// GrantVault's.
class HeldUpstream {
 public:
  // All must outlive this.
  HeldUpstream(const GrantRecords& records, const LiveGrants& live, const RefreshGrace& grace,
               const base::Clock& clock);

  VaultTask<UpstreamCredentials> open(const LiveGrant& grant, std::string_view access_token) const;
  VaultTask<LiveGrant> save(const LiveGrant& grant, std::string_view access_token,
                            const UpstreamCredentials& upstream) const;

  VaultTask<UpstreamLease> lease(const LiveGrant& grant, std::string_view access_token,
                                 const std::string& owner, base::SystemTime until) const;
  VaultTask<void> return_lease(const LiveGrant& grant, std::string_view access_token,
                               const std::string& owner) const;

 private:
  bool is_leased_to_another(const GrantRow& row, const std::string& owner) const;

  const GrantRecords& records_;
  const LiveGrants& live_;
  const RefreshGrace& grace_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::vault
