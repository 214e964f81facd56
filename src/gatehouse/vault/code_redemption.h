// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/grant_lookup.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/token_issue.h"

namespace gatehouse::vault {

// An authorization code from the look at it to its one use; the promises are GrantVault's.
class CodeRedemption {
 public:
  // All must outlive this.
  CodeRedemption(const VaultOptions& options, const GrantRecords& records,
                 const GrantLookup& lookup, const TokenIssue& issue, const base::Clock& clock);

  VaultTask<PendingCode> open(const base::Secret& text, const telemetry::RequestTrace& trace) const;
  VaultTask<IssuedTokens> redeem(const PendingCode& pending) const;
  VaultTask<void> count_failure(const PendingCode& pending,
                                const telemetry::RequestTrace& trace) const;

 private:
  const VaultOptions& options_;
  const GrantRecords& records_;
  const GrantLookup& lookup_;
  const TokenIssue& issue_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::vault
