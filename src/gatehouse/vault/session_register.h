// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/random.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_records.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/record_seal.h"
#include "gatehouse/vault/user_epochs.h"

namespace gatehouse::vault {

// A grant as its row tells it without any token: enough to find the one to end, nothing to read
// mail with. No seal has been opened, so it informs and proves nothing.
struct SessionSummary {
  SessionSummary() {}
  std::string grant;  // id, base64url
  base::UserId user;  // HMAC of the subject, as in the logs
  base::ClientId client;
  std::string scope;  // space separated
  base::SystemTime signed_in_at{};
  base::SystemTime expires{};
  bool begun = false;  // the authorization code is still unused
};

struct SessionPage {
  SessionPage() {}
  std::vector<SessionSummary> sessions;
  std::string next;  // empty after the last page
};

// For operators: what sessions there are, and their end. Ending needs no token of the user and
// takes effect at the next request on every replica.
class SessionRegister {
 public:
  SessionRegister(const std::string& table, store::RecordStore& store, store::Enumerable& rows,
                  DataKeys& data_keys, const base::Clock& clock, base::Random& random,
                  telemetry::Log& log);

  // `from` is empty or the `next` of an earlier page.
  VaultTask<SessionPage> list(const std::string& from);
  // Refused::unknown: no such grant (any more). Refused::malformed: not the id of a grant.
  VaultTask<void> end(const std::string& grant);
  // Everything of a user as named in a summary, browser sessions too.
  VaultTask<void> end_everything_of(const base::UserId& user);

 private:
  store::Enumerable& rows_;
  const RecordSeal seal_;
  const GrantRecords records_;
  const UserEpochs epochs_;
};

}  // namespace gatehouse::vault
