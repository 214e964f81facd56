// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/ids.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/vault/grant_lookup.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// What ends one grant, or one token of it; the promises are GrantVault's.
class Revocation {
 public:
  // All must outlive this.
  Revocation(const GrantRecords& records, const GrantLookup& lookup, const TokenKeys& token_keys)
      : records_(records), lookup_(lookup), token_keys_(token_keys) {}

  VaultTask<Revoked> revoke(const base::Secret& text, const base::ClientId& client) const;
  VaultTask<void> end(const LiveGrant& grant) const;

 private:
  base::Task<void> drop_access(const FoundGrant& found, const Bearer& token) const;

  const GrantRecords& records_;
  const GrantLookup& lookup_;
  const TokenKeys& token_keys_;
};

}  // namespace gatehouse::vault
