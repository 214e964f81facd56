// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::vault {

// What a grant can hold. Whoever asks for more is refused before anything is written.
bool fits(const GrantTerms& terms);
bool fits(const UpstreamCredentials& upstream);
// Each of them a scope as RFC 6749 section 3.3 spells one.
bool are_scopes(const std::vector<std::string>& scopes);

}  // namespace gatehouse::vault
