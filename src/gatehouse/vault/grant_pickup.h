// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/ids.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::vault {

// What lies in a pickup: more than the grant has, from somebody who had no token of it.
struct LeftForGrant {
  LeftForGrant() {}
  base::UserId subject;             // whose Google credentials these are
  std::vector<std::string> scopes;  // ours, that the grant is to have
  UpstreamCredentials upstream;
  // For a grant that awaits its account: the account's epoch when it was left.
  std::optional<std::int64_t> epoch;
};

// Name and key of a grant's pickup follow from its key, which lies nowhere in clear: who has
// neither a token of the grant nor what was derived here finds nothing.
GrantPickup pickup_for(std::string_view grant_id, const base::Secret& grant_key);

base::Secret encode(const LeftForGrant& left);
std::optional<LeftForGrant> decode_left_for_grant(const base::Secret& bytes);

}  // namespace gatehouse::vault
