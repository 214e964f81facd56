// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// What the steps of a grant's life have in common: which grant, the generation of the row about to
// be written, the grant key, and the time.
struct IssueContext {
  IssueContext() {}
  std::string_view grant_id;
  std::uint32_t generation = 0;
  const base::Secret* grant_key = nullptr;
  base::SystemTime now{};
};

// `id` and `grant` must outlive it.
IssueContext context_for(std::string_view id, const OpenedGrant& grant, base::SystemTime now);

// Changes a row in memory and gives the tokens that belong to the change; they leave the vault only
// after the row has been written.
class TokenIssue {
 public:
  TokenIssue(const VaultOptions& options, const TokenKeys& keys, base::Random& random);

  base::Secret code(const IssueContext& context, GrantRow& row) const;
  // Uses the code up.
  IssuedTokens first_tokens(const IssueContext& context, GrantRow& row) const;
  // The successors of `current` follow from it, the grant key and a salt in the row, so that a
  // repetition finds the same ones. `scope` is empty or a part of the row's.
  IssuedTokens rotate(const Bearer& current, const std::string& scope, const IssueContext& context,
                      GrantRow& row) const;
  // What rotate() answered when `previous` was current; nullopt when the row does not hold it.
  std::optional<IssuedTokens> repeat(const Bearer& previous, const IssueContext& context,
                                     const GrantRow& row) const;

 private:
  void add_access(const base::Secret& token, const std::string& scope, const IssueContext& context,
                  GrantRow& row) const;

  const VaultOptions& options_;
  const TokenKeys& keys_;
  base::Random& random_;
};

}  // namespace gatehouse::vault
