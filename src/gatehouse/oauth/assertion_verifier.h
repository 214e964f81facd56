// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/client_assertion.h"
#include "gatehouse/oauth/client_keys.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/record_vault.h"

namespace gatehouse::oauth {

// Whether an assertion was signed by its client, is meant for us, fresh, and shown for the first
// time to any replica: a TXN# record remembers each until it would be refused anyway.
class AssertionVerifier {
 public:
  AssertionVerifier(const AuthorizationServerSettings& settings, ClientKeys& keys,
                    vault::RecordVault& records, const base::Clock& clock, telemetry::Log& log);

  // Uses the assertion up. 401 for one that is no good, 503 when that cannot be told now.
  base::Coroutine<Judged<void>> verify(const Client& client, const base::Secret& assertion);

 private:
  base::Coroutine<Judged<std::string>> signed_claims(const Client& client,
                                                     const base::Secret& assertion);
  base::Coroutine<Judged<void>> use_up(const Client& client, const AssertionClaims& claims);

  const AuthorizationServerSettings& settings_;
  ClientKeys& keys_;
  vault::RecordVault& records_;
  const base::Clock& clock_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
