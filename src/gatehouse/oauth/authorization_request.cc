// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/authorization_request.h"

#include <utility>

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/oauth/authorization_response.h"
#include "gatehouse/oauth/pkce.h"
#include "gatehouse/oauth/redirect_uri.h"
#include "gatehouse/oauth/resource.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kStateBytesMax = 2048;

std::string_view value_of(const http::FormFields& parameters, std::string_view name) {
  return http::single_field(parameters, name).value_or("");
}

bool has_repeated_parameter(const http::FormFields& parameters) {
  for (const auto& [name, value] : parameters) {
    if (name != "resource" && http::field_count(parameters, name) > 1) return true;
  }
  return false;
}

Judged<void> check_form(const http::FormFields& parameters) {
  if (has_repeated_parameter(parameters)) {
    return Rejection{Reason::invalid_request, "a parameter is repeated"};
  }
  if (value_of(parameters, "state").size() > kStateBytesMax) {
    return Rejection{Reason::invalid_request, "state is longer than 2048 bytes"};
  }
  if (http::field_count(parameters, "request") > 0) {
    return Rejection{Reason::request_not_supported, "request objects are not supported"};
  }
  if (http::field_count(parameters, "request_uri") > 0) {
    return Rejection{Reason::request_uri_not_supported, "request_uri is not supported"};
  }
  if (http::field_count(parameters, "registration") > 0) {
    return Rejection{Reason::registration_not_supported, "registration is not supported"};
  }
  return {};
}

Judged<void> check_response(const http::FormFields& parameters) {
  const std::string_view type = value_of(parameters, "response_type");
  if (type.empty()) return Rejection{Reason::invalid_request, "response_type is missing"};
  if (type != "code") {
    return Rejection{Reason::unsupported_response_type, "response_type must be code"};
  }
  const std::string_view mode = value_of(parameters, "response_mode");
  if (!mode.empty() && mode != "query") {
    return Rejection{Reason::invalid_request, "response_mode must be query"};
  }
  if (const auto prompts = parse_scope(value_of(parameters, "prompt"));
      !prompts || contains_all(*prompts, {"none"})) {
    return Rejection{Reason::interaction_required, "authorization always asks the person"};
  }
  return {};
}

Judged<void> check_challenge(const http::FormFields& parameters) {
  const std::string_view challenge = value_of(parameters, "code_challenge");
  if (challenge.empty()) return Rejection{Reason::invalid_request, "code_challenge is missing"};
  if (value_of(parameters, "code_challenge_method") != "S256") {
    return Rejection{Reason::invalid_request, "code_challenge_method must be S256"};
  }
  if (!is_code_challenge(challenge)) {
    return Rejection{Reason::invalid_request, "code_challenge is not a SHA-256 in base64url"};
  }
  return {};
}

Judged<Scopes> granted_scopes(const AuthorizationServerSettings& settings,
                              const http::FormFields& parameters) {
  auto asked = parse_scope(value_of(parameters, "scope"));
  if (!asked) return Rejection{Reason::invalid_scope, "scope is malformed"};
  std::erase(*asked, kHarmlessScope);
  if (asked->empty()) return settings.default_scopes;
  Scopes granted = intersection(*asked, settings.scopes_supported);
  if (granted.empty()) return Rejection{Reason::invalid_scope, "no such scope here"};
  return granted;
}

Judged<std::string> audience(const AuthorizationServerSettings& settings,
                             const http::FormFields& parameters) {
  for (const auto& [name, value] : parameters) {
    if (name != "resource" || value.empty()) continue;
    if (!canonical_resource(settings, value)) {
      return Rejection{Reason::invalid_target, "resource is not served here"};
    }
  }
  return settings.resource();
}

std::optional<std::string> state_of(const http::FormFields& parameters) {
  const auto state = http::single_field(parameters, "state");
  if (!state || state->size() > kStateBytesMax) return std::nullopt;
  return std::string(*state);
}

Judged<AuthorizationRequest> read_parameters(const AuthorizationServerSettings& settings,
                                             const http::FormFields& parameters) {
  const auto form = check_form(parameters);
  if (!form) return form.error();
  const auto response = check_response(parameters);
  if (!response) return response.error();
  const auto challenge = check_challenge(parameters);
  if (!challenge) return challenge.error();
  auto resource = audience(settings, parameters);
  if (!resource) return resource.error();
  auto scopes = granted_scopes(settings, parameters);
  if (!scopes) return scopes.error();
  AuthorizationRequest request;
  request.code_challenge = value_of(parameters, "code_challenge");
  request.resource = std::move(*resource);
  request.scopes = std::move(*scopes);
  request.state = state_of(parameters);
  return request;
}

}  // namespace

AuthorizationVerdict judge_authorization_request(const AuthorizationServerSettings& settings,
                                                 const http::FormFields& parameters,
                                                 const Client& client) {
  const std::string redirect_uri(value_of(parameters, "redirect_uri"));
  if (redirect_uri.empty()) {
    return LocalRefusal(Reason::invalid_request, "redirect_uri is missing or repeated");
  }
  if (!redirect_uri_matches(client.redirect_uris, redirect_uri)) {
    return LocalRefusal(Reason::unauthorized_client,
                        "redirect_uri is not one the client registered");
  }
  auto request = read_parameters(settings, parameters);
  if (!request) {
    const Rejection& rejection = request.error();
    return RedirectRefusal(rejection, error_location(redirect_uri, state_of(parameters),
                                                     settings.issuer(), rejection));
  }
  request->client = client.id;
  request->client_name = client.name;
  request->redirect_uri = redirect_uri;
  return std::move(*request);
}

std::string request_to_json(const AuthorizationRequest& request) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.member("client", request.client.str());
  json.member("client_name", request.client_name);
  json.member("redirect_uri", request.redirect_uri);
  json.member("code_challenge", request.code_challenge);
  json.member("scope", join_scopes(request.scopes));
  json.member("resource", request.resource);
  if (request.state) json.member("state", *request.state);
  json.end_object();
  return out;
}

std::optional<AuthorizationRequest> request_from_json(std::string_view text) {
  const auto document = base::JsonDocument::parse(text);
  if (!document) return std::nullopt;
  const base::JsonValue root = document->root();
  const auto client = root.find_string("client");
  const auto redirect_uri = root.find_string("redirect_uri");
  const auto challenge = root.find_string("code_challenge");
  const auto scopes = parse_scope(root.find_string("scope").value_or(""));
  const auto resource = root.find_string("resource");
  if (!client || !redirect_uri || !challenge || !scopes || !resource) return std::nullopt;
  AuthorizationRequest request;
  request.client = base::ClientId(std::string(*client));
  request.client_name = root.find_string("client_name").value_or("");
  request.redirect_uri = *redirect_uri;
  request.code_challenge = *challenge;
  request.scopes = *scopes;
  request.resource = *resource;
  if (const auto state = root.find_string("state")) request.state = std::string(*state);
  return request;
}

}  // namespace gatehouse::oauth
