// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/metadata.h"

#include <initializer_list>
#include <string_view>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/oauth/identity_assertion.h"

namespace gatehouse::oauth {
namespace {

template <class List>
void write_list(base::JsonWriter& json, std::string_view name, const List& items) {
  json.key(name).begin_array();
  for (const auto& item : items) json.value(item);
  json.end_array();
}

using Words = std::initializer_list<const char*>;

}  // namespace

std::string protected_resource_metadata(const AuthorizationServerSettings& settings,
                                        Endpoint endpoint) {
  const std::string& origin = settings.public_url;
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.member("resource", origin + (endpoint == Endpoint::mcp ? "/mcp" : "/sse"));
  json.key("authorization_servers").begin_array().value(settings.issuer()).end_array();
  // Clients without a challenge at hand ask for all of this list.
  write_list(json, "scopes_supported", settings.default_scopes);
  write_list(json, "bearer_methods_supported", Words{"header"});
  json.member("resource_name", settings.resource_name);
  json.member("resource_documentation", origin + "/");
  json.end_object();
  return out;
}

std::string authorization_server_metadata(const AuthorizationServerSettings& settings) {
  const std::string& origin = settings.public_url;
  const Words authentication{"none", "client_secret_basic", "client_secret_post",
                             "private_key_jwt"};
  const Words signing{"RS256", "ES256"};
  const bool takes_assertions = !settings.enterprise_issuers.empty();
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.member("issuer", settings.issuer());
  json.member("authorization_endpoint", origin + "/authorize");
  json.member("token_endpoint", settings.token_endpoint());
  json.member("registration_endpoint", origin + "/register");
  json.member("revocation_endpoint", origin + "/revoke");
  write_list(json, "response_types_supported", Words{"code"});
  write_list(json, "response_modes_supported", Words{"query"});
  json.key("grant_types_supported").begin_array();
  json.value("authorization_code").value("refresh_token");
  if (takes_assertions) json.value(kIdentityAssertionGrant);
  json.end_array();
  if (takes_assertions) {
    json.key("authorization_grant_profiles_supported").begin_array();
    json.value(kIdentityAssertionProfile).end_array();
  }
  write_list(json, "code_challenge_methods_supported", Words{"S256"});
  write_list(json, "token_endpoint_auth_methods_supported", authentication);
  write_list(json, "token_endpoint_auth_signing_alg_values_supported", signing);
  write_list(json, "revocation_endpoint_auth_methods_supported", authentication);
  write_list(json, "revocation_endpoint_auth_signing_alg_values_supported", signing);
  write_list(json, "scopes_supported", settings.scopes_supported);
  json.member("authorization_response_iss_parameter_supported", true);
  json.member("client_id_metadata_document_supported", true);
  json.member("service_documentation", origin + "/");
  json.end_object();
  return out;
}

}  // namespace gatehouse::oauth
