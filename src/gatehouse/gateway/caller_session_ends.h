// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/task.h"
#include "gatehouse/gateway/caller_account.h"
#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/own_sessions.h"
#include "gatehouse/workspace/session_ends.h"

namespace gatehouse::gateway {

// Ends a caller's own session, or all of its person's, the way the page /account does. Only who
// holds a session's token can tell Google, so that is done here and not there.
class CallerSessionEnds final : public workspace::SessionEnds {
 public:
  CallerSessionEnds(vault::GrantVault& grants, vault::OwnSessions& own_sessions,
                    identity::IdentityProvider& provider, telemetry::Log& log)
      : grants_(grants), own_sessions_(own_sessions), provider_(provider), log_(log) {}

  // `account` is a CallerAccount.
  base::Coroutine<workspace::Ended> end(const workspace::Account& account,
                                        workspace::Ending ending) override;

 private:
  vault::VaultTask<void> end_sessions(const CallerAccount& caller, workspace::Ending ending);

  vault::GrantVault& grants_;
  vault::OwnSessions& own_sessions_;
  identity::IdentityProvider& provider_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::gateway
