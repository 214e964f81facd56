// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/grant_lookup.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/refresh_grace.h"
#include "gatehouse/vault/token_issue.h"

namespace gatehouse::vault {

// Refresh tokens and their successors; the promises are GrantVault's.
class RefreshRotation {
 public:
  // All must outlive this.
  RefreshRotation(const GrantRecords& records, const GrantLookup& lookup, const TokenIssue& issue,
                  const RefreshGrace& grace, const base::Clock& clock);

  VaultTask<GrantTerms> inspect(const base::Secret& text,
                                const telemetry::RequestTrace& trace) const;
  VaultTask<IssuedTokens> rotate(const base::Secret& text, const std::vector<std::string>& scopes,
                                 const telemetry::RequestTrace& trace) const;

 private:
  // A refresh token that was matched to its row.
  struct Use {
    Use() {}
    std::string key;
    OpenedGrant grant;
    bool repeated = false;
  };
  VaultTask<Use> open(const Bearer& token, const telemetry::RequestTrace& trace) const;
  base::Coroutine<RefusedError> refuse_stale(const FoundGrant& found, const Bearer& token,
                                             const telemetry::RequestTrace& trace) const;

  const GrantRecords& records_;
  const GrantLookup& lookup_;
  const TokenIssue& issue_;
  const RefreshGrace& grace_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::vault
