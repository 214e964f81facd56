// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/oauth/scope.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::web {

// A session that there is already, and what a person is asked to allow it besides. One that awaits
// its account may do nothing yet, and is asked for everything.
struct Widening {
  Widening() {}
  vault::GrantPickup pickup;  // where the session's next call looks for it
  base::ClientId client;
  oauth::Scopes held;        // what the session has
  oauth::Scopes added;       // what is asked for
  base::SystemTime until{};  // when the session ends, whatever is allowed
};

Widening copy_of(const Widening& widening);

// Whether nobody's account belongs to the session so far.
bool awaits_account(const Widening& widening);
// Whether this person's account is, or is to become, the session's.
bool is_own_account(const Widening& widening, const identity::Person& person);
// What Google is told to propose.
std::string account_hint(const Widening& widening);

// All that the session would have.
oauth::Scopes scopes_of(const Widening& widening);

// The pickup's secret and then JSON, so that the secret passes through no other buffer.
base::Secret encode(const Widening& widening);
std::optional<Widening> decode_widening(std::string_view text);

}  // namespace gatehouse::web
