// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/trace.h"
#include "gatehouse/vault/bearer.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/token_keys.h"
#include "gatehouse/vault/user_epochs.h"
#include "gatehouse/vault/verified_grants.h"

namespace gatehouse::vault {

// A row and the user's epoch record, as one read found them. No seal has been opened.
struct FoundGrant {
  FoundGrant() {}
  std::string key;
  store::RecordPtr record;
  store::RecordPtr user_record;
  GrantRow row;
};

// From a token to the grant that it names: whether we made the token, what the store has, whether
// that still lives, and what becomes of a grant whose token and row contradict each other.
class GrantLookup {
 public:
  // All must outlive this.
  GrantLookup(store::RecordStore& store, const GrantRecords& records, const UserEpochs& epochs,
              const TokenKeys& token_keys, VerifiedGrants& verified, const base::Clock& clock);

  // nullopt unless it is of this kind and one of our keys made it.
  std::optional<Bearer> proven(BearerKind kind, std::string_view text) const;

  // Refused::unknown when the grant is absent or has ended.
  VaultTask<FoundGrant> find(const Bearer& bearer) const;
  // Refused::expired or Refused::ended when it is over by what the row and the user's epoch say.
  VaultTask<void> check_alive(const FoundGrant& found) const;

  // A live token is newer than its row: somebody put an old row back. The grant ends.
  base::Coroutine<RefusedError> end_rolled_back(const std::string& key,
                                                const telemetry::RequestTrace& trace) const;
  // A code or refresh token came a second time. The grant ends.
  base::Coroutine<RefusedError> end_replayed(const std::string& key, std::string_view event,
                                             const telemetry::RequestTrace& trace) const;

 private:
  store::RecordStore& store_;
  const GrantRecords& records_;
  const UserEpochs& epochs_;
  const TokenKeys& token_keys_;
  VerifiedGrants& verified_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::vault
