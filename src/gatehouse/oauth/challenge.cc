// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/challenge.h"

namespace gatehouse::oauth {
namespace {

std::string common_part(const AuthorizationServerSettings& settings, Endpoint endpoint,
                        const Scopes& scopes) {
  return "resource_metadata=\"" + protected_resource_metadata_url(settings, endpoint) +
         "\", scope=\"" + join_scopes(scopes) + "\"";
}

}  // namespace

std::string protected_resource_metadata_url(const AuthorizationServerSettings& settings,
                                            Endpoint endpoint) {
  return settings.public_url + "/.well-known/oauth-protected-resource" +
         (endpoint == Endpoint::mcp ? "/mcp" : "/sse");
}

std::string missing_token_challenge(const AuthorizationServerSettings& settings,
                                    Endpoint endpoint) {
  return "Bearer " + common_part(settings, endpoint, settings.default_scopes);
}

std::string invalid_token_challenge(const AuthorizationServerSettings& settings,
                                    Endpoint endpoint) {
  return "Bearer error=\"invalid_token\", error_description=\"The access token is not valid here "
         "or has expired\", " +
         common_part(settings, endpoint, settings.default_scopes);
}

std::string insufficient_scope_challenge(const AuthorizationServerSettings& settings,
                                         Endpoint endpoint, const Scopes& needed) {
  return "Bearer error=\"insufficient_scope\", error_description=\"This operation needs a scope "
         "that was not granted\", " +
         common_part(settings, endpoint, needed);
}

}  // namespace gatehouse::oauth
