// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::vault {

// What outlasts a call of a session keeps of it: whose it was, and enough to find out that it has
// ended. Opens nothing.
struct SessionTrace {
  SessionTrace() {}
  std::string grant;       // id, as in LiveGrant
  base::UserId subject;    // as Google names the person
  std::int64_t epoch = 0;  // the user's when the grant was made
  base::SystemTime signed_in_at{};
};

class SessionTraces {
 public:
  // Both must outlive this.
  SessionTraces(store::RecordStore& store, GrantVault& grants) : store_(store), grants_(grants) {}

  VaultTask<SessionTrace> of(const LiveGrant& grant, std::string_view access_token);
  // Whether the session goes on: its grant is there, and the user has not signed out everywhere
  // since. Of the grant no seal is opened, so this can only take away what `trace` allows.
  VaultTask<bool> lives(const SessionTrace& trace);

 private:
  store::RecordStore& store_;
  GrantVault& grants_;
};

}  // namespace gatehouse::vault
