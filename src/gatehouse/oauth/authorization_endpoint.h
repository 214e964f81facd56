// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/authorization_request.h"
#include "gatehouse/oauth/client_registry.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::oauth {

// An authorization that came to a grant.
struct CompletedAuthorization {
  CompletedAuthorization() {}
  std::string location;  // where the browser goes with the code
  std::string grant;     // id, base64url
  base::SystemTime signed_in_at{};
};

// The two ends of an authorization. What lies between, the consent page and the sign-in at Google,
// is `web`'s.
class AuthorizationEndpoint {
 public:
  AuthorizationEndpoint(const AuthorizationServerSettings& settings, ClientRegistry& clients,
                        vault::GrantVault& grants, const base::Clock& clock, telemetry::Log& log);

  // Judges GET /authorize. Leaves no trace: no record, no cookie, no call to anyone but the store
  // and, for a client that publishes itself, the host of its document.
  base::Coroutine<AuthorizationVerdict> read(const http::Request& request);

  // The person agreed and signed in: makes the grant and says where the browser goes with its code.
  // Of the scopes asked for the grant gets those that are `served`, too.
  vault::VaultTask<CompletedAuthorization> complete(const AuthorizationRequest& request,
                                                    const Scopes& served,
                                                    const base::UserId& subject,
                                                    const vault::UpstreamCredentials& upstream);

  // What a client calls itself, to be cleaned before it is shown; empty when that cannot be told.
  base::Coroutine<std::string> client_name(const base::ClientId& client,
                                           const telemetry::RequestTrace& trace);

  // Where the browser goes when the authorization ends without a grant.
  std::string refuse(const AuthorizationRequest& request, const Rejection& rejection) const;

 private:
  // The same, with a line in the log when it is a refusal.
  AuthorizationVerdict noted(const http::Request& request, AuthorizationVerdict verdict,
                             std::string_view client_id) const;

  const AuthorizationServerSettings& settings_;
  ClientRegistry& clients_;
  vault::GrantVault& grants_;
  const base::Clock& clock_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
