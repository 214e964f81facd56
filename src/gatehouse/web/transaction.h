// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/oauth/authorization_request.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/web/widening.h"

namespace gatehouse::web {

inline constexpr std::chrono::minutes kTransactionLifetime{10};

// A trip of the browser to Google and back.
struct Transaction {
  Transaction() {}
  std::string state;      // goes to Google and comes back; the first half names the record
  std::string nonce;      // comes back in the ID token
  base::Secret verifier;  // PKCE towards Google
  // For a client that asked, or to allow a session more; neither: to our own pages.
  std::optional<oauth::AuthorizationRequest> request;
  std::optional<Widening> widening;
  std::string back;          // where of our pages it leads; empty: to the account page
  bool asked_again = false;  // this is the second trip, made to be given a refresh token
};

// Trips under way, TXN# records. Each is sealed under the data key and under the secret of the
// browser's cookie, so only the browser that began a trip can end it.
class Transactions {
 public:
  Transactions(vault::RecordVault& records, const base::Clock& clock, base::Random& random);

  // A fresh trip, not stored yet. `id` is 22 characters of base64url that name it once and for all.
  Transaction make(std::string_view id, std::optional<oauth::AuthorizationRequest> request);
  std::string fresh_id();

  // Refused::replayed when a trip of the same id was stored before.
  vault::VaultTask<void> store(const Transaction& transaction, const base::Secret& holder);
  // One winner; what is taken is gone. Refused::unknown also for a state that is none of ours.
  vault::VaultTask<Transaction> take(std::string_view state, const base::Secret& holder);
  // Keeps the id of a finished trip from being used again while its consent form is valid. Best
  // effort.
  base::Coroutine<void> mark_finished(const Transaction& transaction);

 private:
  vault::RecordVault& records_;
  const base::Clock& clock_;
  base::Random& random_;
};

// The id of the trip that a state belongs to.
std::string_view transaction_id(const Transaction& transaction);

}  // namespace gatehouse::web
