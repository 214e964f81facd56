// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/http/client.h"
#include "gatehouse/identity/identity_provider.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::identity {

struct GoogleClientSettings {
  std::string issuer = "https://accounts.google.com";
  std::string client_id;
  base::Secret client_secret;
  std::string redirect_uri;  // exact; the same at both calls
  std::vector<std::string>
      allowed_domains;  // lower case; {"*"} lets every Workspace domain in, consumer accounts too
};

// Google as OpenID provider (OpenID Connect Core 1.0, Discovery 1.0, RFC 7636). Discovery and keys
// are fetched when first needed, so the gateway starts without Google, and kept as long as Google
// says, between five minutes and a day. The client secret leaves only in the body of a request to
// the token endpoint. For the event loop's thread; outlives its coroutines.
class GoogleIdentityProvider final : public IdentityProvider {
 public:
  GoogleIdentityProvider(GoogleClientSettings settings, http::Client& client,
                         const base::Clock& clock, telemetry::Log& log);
  ~GoogleIdentityProvider() override;

  IdentityTask<std::string> authorization_url(const AuthorizationUrl& request,
                                              const telemetry::RequestTrace& trace) override;
  IdentityTask<SignIn> sign_in(const base::Secret& code, const base::Secret& code_verifier,
                               std::string_view nonce,
                               const telemetry::RequestTrace& trace) override;
  IdentityTask<UpstreamTokens> refresh(const base::Secret& refresh_token,
                                       const telemetry::RequestTrace& trace) override;
  IdentityTask<void> revoke(const base::Secret& token,
                            const telemetry::RequestTrace& trace) override;
  IdentityTask<void> check() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::identity
