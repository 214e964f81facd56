// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/form_body.h"
#include "gatehouse/oauth/identity_assertion_verifier.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/scope.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::oauth {

// A token request with an assertion about a person (RFC 7523 section 2.1, ID-JAG section 4.4). It
// makes a grant that has no account yet: its first call that needs Google asks the person to sign
// in there (docs/decisions/0009).
class IdentityAssertionGrant {
 public:
  IdentityAssertionGrant(const AuthorizationServerSettings& settings,
                         IdentityAssertionVerifier& verifier, vault::GrantVault& grants,
                         const base::Clock& clock, telemetry::Log& log);

  // `client` has been authenticated. What is wrong with an assertion stands in the log only,
  // with the names of `trace`.
  base::Coroutine<Judged<vault::IssuedTokens>> issue(const Client& client, const FormBody& form,
                                                     const telemetry::RequestTrace& trace);

 private:
  base::Coroutine<Judged<vault::GrantTerms>> redeem(const Client& client, const FormBody& form,
                                                    IdentityAssertion& assertion,
                                                    const telemetry::RequestTrace& trace);
  Judged<Scopes> granted_scopes(const FormBody& form, const IdentityAssertion& assertion) const;
  Rejection told_outside(const Client& client, const Rejection& rejection,
                         const telemetry::RequestTrace& trace) const;

  const AuthorizationServerSettings& settings_;
  IdentityAssertionVerifier& verifier_;
  vault::GrantVault& grants_;
  const base::Clock& clock_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
