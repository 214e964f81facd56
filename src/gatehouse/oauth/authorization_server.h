// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/client.h"
#include "gatehouse/http/router.h"
#include "gatehouse/oauth/assertion_verifier.h"
#include "gatehouse/oauth/authorization_endpoint.h"
#include "gatehouse/oauth/bearer_guard.h"
#include "gatehouse/oauth/client_authenticator.h"
#include "gatehouse/oauth/client_documents.h"
#include "gatehouse/oauth/client_keys.h"
#include "gatehouse/oauth/client_registry.h"
#include "gatehouse/oauth/document_fetcher.h"
#include "gatehouse/oauth/identity_assertion_grant.h"
#include "gatehouse/oauth/identity_assertion_verifier.h"
#include "gatehouse/oauth/issuer_keys.h"
#include "gatehouse/oauth/registration_endpoint.h"
#include "gatehouse/oauth/revocation_endpoint.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/oauth/token_endpoint.h"
#include "gatehouse/oauth/used_assertions.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/record_vault.h"

namespace gatehouse::oauth {

// The parts of the authorization server, put together. Everything passed by reference must outlive
// it; its routes point back to it. `documents_client` fetches what clients publish about
// themselves, so it must connect to public addresses only; `issuers_client` what the identity
// providers of the settings do, wherever they stand.
class AuthorizationServer {
 public:
  AuthorizationServer(AuthorizationServerSettings settings, vault::GrantVault& grants,
                      vault::RecordVault& records, http::Client& documents_client,
                      http::Client& issuers_client, const base::Clock& clock, base::Random& random,
                      telemetry::Log& log);
  AuthorizationServer(const AuthorizationServer&) = delete;
  AuthorizationServer& operator=(const AuthorizationServer&) = delete;

  // Discovery, /register, /token and /revoke, each with its preflight. /authorize is `web`'s.
  std::vector<http::Route> routes();

  const AuthorizationServerSettings& settings() const { return settings_; }
  AuthorizationEndpoint& authorization() { return authorization_; }
  BearerGuard& guard() { return guard_; }

 private:
  void add_documents(std::vector<http::Route>& routes) const;

  AuthorizationServerSettings settings_;
  DocumentFetcher fetcher_;
  ClientDocuments documents_;
  ClientRegistry clients_;
  ClientKeys keys_;
  UsedAssertions used_assertions_;
  AssertionVerifier assertions_;
  ClientAuthenticator authenticator_;
  IssuerKeys issuer_keys_;
  IdentityAssertionVerifier identity_assertions_;
  IdentityAssertionGrant assertion_grant_;
  RegistrationEndpoint registration_;
  AuthorizationEndpoint authorization_;
  TokenEndpoint token_;
  RevocationEndpoint revocation_;
  BearerGuard guard_;
};

}  // namespace gatehouse::oauth
