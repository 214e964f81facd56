// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/ids.h"
#include "gatehouse/vault/grant_pickup.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::vault {

// Grants for people whom an identity provider vouches for (docs/decisions/0009). They begin without
// an account, knowing only the address it must have, and get it from a pickup.

// Without regard to the case of ASCII letters: so Google tells addresses apart.
bool is_same_address(std::string_view a, std::string_view b);

// The pickup of any grant that has been opened.
GrantPickup pickup_of_opened(const OpenedGrant& grant);

// Whether what was left belongs into the grant: by the account it has, or by the address of the one
// it awaits.
bool is_left_for(const LeftForGrant& left, const OpenedGrant& grant);

// Which of the scopes that were left the grant may have at all: what an identity provider did not
// allow is not the person's to give.
std::vector<std::string> allowed_scopes(const LeftForGrant& left, const GrantRow& row);

// Makes the account the grant's own. Of the grant's scopes those that were left stay, the others
// count as declined; sign-outs count from when it was left. `hashed` is its stored form. The
// credentials are for the caller to put in.
void give_account(const LeftForGrant& left, const base::UserId& hashed, OpenedGrant& grant);

}  // namespace gatehouse::vault
