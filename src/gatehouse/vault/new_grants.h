// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/subject_hashes.h"
#include "gatehouse/vault/token_issue.h"
#include "gatehouse/vault/user_epochs.h"

namespace gatehouse::vault {

// How grants begin; the promises are GrantVault's.
class NewGrants {
 public:
  // All must outlive this.
  NewGrants(const VaultOptions& options, const GrantRecords& records, const SubjectHashes& subjects,
            const UserEpochs& epochs, const TokenIssue& issue, const base::Clock& clock,
            base::Random& random);

  VaultTask<base::Secret> with_code(const GrantTerms& terms,
                                    const UpstreamCredentials& upstream) const;
  VaultTask<IssuedTokens> asserted(const GrantTerms& terms, const std::string& email) const;

 private:
  VaultTask<OpenedGrant> begin(const GrantTerms& terms, const UpstreamCredentials& upstream,
                               base::SystemTime now) const;
  void fill(OpenedGrant& grant, const GrantTerms& terms, const UpstreamCredentials& upstream,
            base::SystemTime now) const;

  const VaultOptions& options_;
  const GrantRecords& records_;
  const SubjectHashes& subjects_;
  const UserEpochs& epochs_;
  const TokenIssue& issue_;
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace gatehouse::vault
