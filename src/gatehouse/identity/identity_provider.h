// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/telemetry/trace.h"

namespace gatehouse::identity {

// A person as a verified ID token describes them.
struct Person {
  Person() {}
  base::UserId user;  // `sub`
  std::string email;  // verified
  std::string name;
  std::string domain;  // `hd`
};

// Google's tokens for one person. Never our own token type.
struct UpstreamTokens {
  UpstreamTokens() {}
  base::Secret access_token;
  base::Secret refresh_token;  // empty when none was issued
  base::SystemTime access_expires{};
  std::vector<std::string> scopes;  // as granted, in short names; may be fewer than asked
};

struct SignIn {
  SignIn() {}
  Person person;
  UpstreamTokens tokens;
};

// Why a sign-in or refresh went no further. Each has its own page or tool answer.
enum class Refusal {
  provider_unreachable,  // transient: try again
  provider_refused,      // the token endpoint said no to this code
  refresh_revoked,  // invalid_grant, or the token of another client: the person must sign in again
  client_misconfigured,  // invalid_client, unauthorized_client for a code: the operator's fault
  token_invalid,         // signature, issuer, audience, azp, lifetime or shape of the ID token
  nonce_mismatch,
  no_domain,  // no `hd`: a consumer account
  wrong_domain,
  email_unverified,
};

struct RefusalError {
  Refusal code;
  std::string detail;  // for operators; no secret, no address
};

template <class T>
using IdentityTask = base::Coroutine<base::Result<T, RefusalError>>;

struct AuthorizationUrl {
  AuthorizationUrl() {}
  std::string state;
  std::string nonce;
  std::string code_challenge;       // S256
  std::vector<std::string> scopes;  // beyond openid email profile; short names (gmail.readonly) or
                                    // URLs. None: no refresh token is asked for either
  std::string login_hint;           // `sub` or address; may be empty
  bool choose_account = false;      // prompt=select_account: the person is to choose, whoever is
                                    // signed in at Google
  bool ask_consent_again = false;   // prompt=consent: needed to get a refresh token once more
};

// `trace` is that of the request on whose behalf the provider is asked; it goes along, and stands
// in what is logged.
class IdentityProvider {
 public:
  virtual ~IdentityProvider() = default;

  // Where to send the browser. Fails only with provider_unreachable (discovery).
  virtual IdentityTask<std::string> authorization_url(const AuthorizationUrl& request,
                                                      const telemetry::RequestTrace& trace) = 0;

  // Redeems a code, verifies the ID token, applies the domain rule.
  virtual IdentityTask<SignIn> sign_in(const base::Secret& code, const base::Secret& code_verifier,
                                       std::string_view nonce,
                                       const telemetry::RequestTrace& trace) = 0;

  // A new access token. The refresh token in the answer is empty unless the provider rotated it.
  virtual IdentityTask<UpstreamTokens> refresh(const base::Secret& refresh_token,
                                               const telemetry::RequestTrace& trace) = 0;

  // Ends the grant at the provider.
  virtual IdentityTask<void> revoke(const base::Secret& token,
                                    const telemetry::RequestTrace& trace) = 0;

  // For `doctor` and `/readyz`: can discovery be read?
  virtual IdentityTask<void> check() = 0;
};

}  // namespace gatehouse::identity
