// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/crypto/jwt.h"
#include "gatehouse/oauth/identity_assertion.h"
#include "gatehouse/oauth/issuer_keys.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/oauth/used_assertions.h"

namespace gatehouse::oauth {

// Whether an assertion about a person was signed by an identity provider that the operator named,
// is meant for us, and fresh. Descriptions of refusals are for the operator.
class IdentityAssertionVerifier {
 public:
  IdentityAssertionVerifier(const AuthorizationServerSettings& settings, IssuerKeys& keys,
                            UsedAssertions& used, const base::Clock& clock);

  // Does not use it up, so that who presents it can be judged first.
  base::Coroutine<Judged<IdentityAssertion>> verify(const base::Secret& assertion,
                                                    const telemetry::RequestTrace& trace);
  // Reason::invalid_grant when it was used before.
  base::Coroutine<Judged<void>> use_up(const IdentityAssertion& assertion,
                                       const telemetry::RequestTrace& trace);

 private:
  base::Coroutine<Judged<crypto::VerifiedJws>> signed_by(const std::string& issuer,
                                                         const base::Secret& assertion,
                                                         const telemetry::RequestTrace& trace);

  const AuthorizationServerSettings& settings_;
  IssuerKeys& keys_;
  UsedAssertions& used_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::oauth
