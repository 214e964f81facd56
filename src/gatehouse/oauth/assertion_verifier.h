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
#include "gatehouse/oauth/used_assertions.h"

namespace gatehouse::oauth {

// Whether an assertion was signed by its client, is meant for us, fresh, and shown for the first
// time to any replica.
class AssertionVerifier {
 public:
  AssertionVerifier(const AuthorizationServerSettings& settings, ClientKeys& keys,
                    UsedAssertions& used, const base::Clock& clock);

  // Uses the assertion up. 401 for one that is no good, 503 when that cannot be told now.
  base::Coroutine<Judged<void>> verify(const Client& client, const base::Secret& assertion,
                                       const telemetry::RequestTrace& trace);

 private:
  base::Coroutine<Judged<std::string>> signed_claims(const Client& client,
                                                     const base::Secret& assertion,
                                                     const telemetry::RequestTrace& trace);
  base::Coroutine<Judged<void>> use_up(const Client& client, const AssertionClaims& claims,
                                       const telemetry::RequestTrace& trace);

  const AuthorizationServerSettings& settings_;
  ClientKeys& keys_;
  UsedAssertions& used_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::oauth
