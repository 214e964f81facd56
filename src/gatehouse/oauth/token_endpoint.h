// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/client_authenticator.h"
#include "gatehouse/oauth/client_registry.h"
#include "gatehouse/oauth/form_body.h"
#include "gatehouse/oauth/identity_assertion_grant.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::oauth {

// POST /token: authorization codes (RFC 6749 section 4.1.3 with RFC 7636), refresh tokens
// (section 6), and assertions about people where the operator named who may make them. A code or
// token is looked at before it is used up, so that a request of the wrong client, redirect or
// resource costs its owner nothing.
class TokenEndpoint {
 public:
  TokenEndpoint(const AuthorizationServerSettings& settings, ClientRegistry& clients,
                ClientAuthenticator& authenticator, IdentityAssertionGrant& assertions,
                vault::GrantVault& grants, telemetry::Log& log);

  base::Coroutine<http::Response> handle(const http::Request& request);

 private:
  using Issued = Judged<vault::IssuedTokens>;

  base::Coroutine<http::Response> answer(const http::Request& request);
  void note(const http::Request& request, const Rejection& rejection,
            std::string_view client_id) const;
  http::Response refuse(const http::Request& request, const Rejection& rejection,
                        std::string_view client_id) const;
  base::Coroutine<Issued> issue(const http::Request& request, const Client& client,
                                const FormBody& form);
  base::Coroutine<Issued> redeem_code(const http::Request& request, const Client& client,
                                      const FormBody& form);
  base::Coroutine<Issued> refresh(const http::Request& request, const Client& client,
                                  const FormBody& form);

  const AuthorizationServerSettings& settings_;
  ClientRegistry& clients_;
  ClientAuthenticator& authenticator_;
  IdentityAssertionGrant& assertions_;
  vault::GrantVault& grants_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
