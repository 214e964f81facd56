// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/token_endpoint.h"

#include <optional>
#include <string>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/oauth/cross_origin.h"
#include "gatehouse/oauth/pkce.h"
#include "gatehouse/oauth/refusal_log.h"
#include "gatehouse/oauth/resource.h"
#include "gatehouse/oauth/scope.h"
#include "gatehouse/oauth/wire_error.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::oauth {
namespace {

using telemetry::Field;

constexpr std::string_view kRefused = "token request refused";

enum class GrantType { authorization_code, refresh_token, identity_assertion };

Judged<GrantType> grant_type_of(const AuthorizationServerSettings& settings, const FormBody& form) {
  const auto name = form.value("grant_type");
  if (!name) return Rejection{Reason::invalid_request, "grant_type is missing"};
  if (*name == "authorization_code") return GrantType::authorization_code;
  if (*name == "refresh_token") return GrantType::refresh_token;
  const bool takes_assertions = !settings.enterprise_issuers.empty();
  if (takes_assertions && *name == kIdentityAssertionGrant) return GrantType::identity_assertion;
  return Rejection{Reason::unsupported_grant_type,
                   "only authorization_code and refresh_token are supported"};
}

// Whatever is wrong with a code or token, its bearer learns only that it is no good; a failing
// store or key service is said apart, because then the token is still good.
Rejection rejection_for(const vault::RefusedError& refused, const char* what) {
  if (refused.code == vault::Refused::unavailable) {
    return {Reason::temporarily_unavailable, "try again in a moment"};
  }
  return {Reason::invalid_grant, std::string(what) + " is invalid, expired or was used before"};
}

bool names_resource(const AuthorizationServerSettings& settings, const FormBody& form,
                    const std::string& resource) {
  for (const std::string_view value : form.values("resource")) {
    if (canonical_resource(settings, value) != resource) return false;
  }
  return true;
}

// What was bound to the code when it was made. The redirect URI may be left out (OAuth 2.1 drops it
// from this request), but not changed.
std::optional<Rejection> code_mismatch(const AuthorizationServerSettings& settings,
                                       const Client& client, const FormBody& form,
                                       const vault::GrantTerms& terms) {
  if (terms.client != client.id) {
    return Rejection{Reason::invalid_grant, "the code was issued to another client"};
  }
  if (form.value("redirect_uri").value_or(terms.redirect_uri) != terms.redirect_uri) {
    return Rejection{Reason::invalid_grant,
                     "redirect_uri differs from the one of the authorization request"};
  }
  if (!names_resource(settings, form, terms.resource)) {
    return Rejection{Reason::invalid_target, "the code was not issued for this resource"};
  }
  return std::nullopt;
}

// Scopes we do not know are ignored, as in the authorization request, and so are those that were
// asked for then and not granted: clients repeat what they asked for. More than that of those we
// know is refused, and so is nothing but scopes to ignore: it must not get everything that was
// granted.
Judged<Scopes> narrowed_scopes(const AuthorizationServerSettings& settings, const FormBody& form,
                               const vault::GrantTerms& terms) {
  auto asked = parse_scope(form.value("scope").value_or(""));
  if (!asked) return Rejection{Reason::invalid_scope, "scope is malformed"};
  std::erase(*asked, kHarmlessScope);
  const Scopes known = difference(intersection(*asked, settings.scopes_supported), terms.declined);
  if (known.empty() && !asked->empty()) {
    return Rejection{Reason::invalid_scope, "no such scope here"};
  }
  if (!contains_all(terms.scopes, known)) {
    return Rejection{Reason::invalid_scope, "scope asks for more than was granted"};
  }
  return known;
}

http::Response tokens_response(const vault::IssuedTokens& tokens) {
  std::string body;
  base::JsonWriter json(body);
  json.begin_object();
  json.member("access_token", tokens.access_token.reveal());
  json.member("token_type", "Bearer");
  json.member("expires_in", tokens.access_lifetime.count());
  json.member("refresh_token", tokens.refresh_token.reveal());
  json.member("scope", join_scopes(tokens.scopes));
  json.end_object();
  http::Response response = http::json_response(200, std::move(body));
  response.with("Cache-Control", "no-store");
  return response;
}

}  // namespace

TokenEndpoint::TokenEndpoint(const AuthorizationServerSettings& settings, ClientRegistry& clients,
                             ClientAuthenticator& authenticator, IdentityAssertionGrant& assertions,
                             vault::GrantVault& grants, telemetry::Log& log)
    : settings_(settings),
      clients_(clients),
      authenticator_(authenticator),
      assertions_(assertions),
      grants_(grants),
      log_(log) {}

base::Coroutine<http::Response> TokenEndpoint::handle(const http::Request& request) {
  http::Response response = co_await answer(request);
  allow_any_origin(response);
  co_return response;
}

base::Coroutine<http::Response> TokenEndpoint::answer(const http::Request& request) {
  const auto form = FormBody::read(request);
  if (!form) co_return refuse(request, form.error(), {});
  const std::string_view client_id = form->value("client_id").value_or("");
  const auto type = grant_type_of(settings_, *form);
  if (!type) co_return refuse(request, type.error(), client_id);

  const auto client = co_await authenticator_.authenticate(request, *form);
  if (!client) {
    note(request, client.error(), client_id);
    co_return refused_client_response(request, client.error());
  }
  const auto issued = co_await issue(request, *client, *form);
  if (!issued) co_return refuse(request, issued.error(), client->id.str());
  co_await clients_.note_use(*client, request.trace);
  co_return tokens_response(*issued);
}

void TokenEndpoint::note(const http::Request& request, const Rejection& rejection,
                         std::string_view client_id) const {
  telemetry::TracedLog log(log_, request.trace);
  log_refusal(log, kRefused, rejection, client_id);
}

http::Response TokenEndpoint::refuse(const http::Request& request, const Rejection& rejection,
                                     std::string_view client_id) const {
  note(request, rejection, client_id);
  return error_response(rejection);
}

base::Coroutine<TokenEndpoint::Issued> TokenEndpoint::issue(const http::Request& request,
                                                            const Client& client,
                                                            const FormBody& form) {
  const auto type = form.value("grant_type");
  if (type == "refresh_token") return refresh(request, client, form);
  if (type == kIdentityAssertionGrant) return assertions_.issue(client, form, request.trace);
  return redeem_code(request, client, form);
}

base::Coroutine<TokenEndpoint::Issued> TokenEndpoint::redeem_code(const http::Request& request,
                                                                  const Client& client,
                                                                  const FormBody& form) {
  const base::Secret code = form.secret("code");
  const base::Secret verifier = form.secret("code_verifier");
  const Rejection missing_code{Reason::invalid_request, "code is missing"};
  if (code.empty()) co_return missing_code;
  const Rejection bad_verifier{Reason::invalid_request,
                               "code_verifier must be 43 to 128 unreserved characters"};
  if (!is_code_verifier(verifier.reveal())) co_return bad_verifier;

  auto pending = co_await grants_.open_code(code, request.trace);
  if (!pending) co_return rejection_for(pending.error(), "code");
  const auto mismatch = code_mismatch(settings_, client, form, pending->terms);
  if (mismatch) co_return *mismatch;
  if (!verifier_matches(verifier.reveal(), pending->terms.code_challenge)) {
    const auto counted = co_await grants_.count_code_failure(*pending, request.trace);
    if (!counted) co_return rejection_for(counted.error(), "code");
    co_return Rejection{Reason::invalid_grant, "code_verifier does not match the challenge"};
  }
  auto issued = co_await grants_.redeem_code(std::move(*pending));
  if (!issued) co_return rejection_for(issued.error(), "code");
  telemetry::TracedLog log(log_, request.trace);
  log.audit("tokens issued", {{Field::client, std::string_view(client.id.str())}});
  co_return std::move(*issued);
}

base::Coroutine<TokenEndpoint::Issued> TokenEndpoint::refresh(const http::Request& request,
                                                              const Client& client,
                                                              const FormBody& form) {
  const base::Secret token = form.secret("refresh_token");
  const Rejection missing{Reason::invalid_request, "refresh_token is missing"};
  if (token.empty()) co_return missing;

  const auto terms = co_await grants_.inspect_refresh(token, request.trace);
  if (!terms) co_return rejection_for(terms.error(), "refresh_token");
  const Rejection foreign{Reason::invalid_grant, "the refresh token was issued to another client"};
  if (terms->client != client.id) co_return foreign;
  const Rejection other_resource{Reason::invalid_target,
                                 "the refresh token was not issued for this resource"};
  if (!names_resource(settings_, form, terms->resource)) co_return other_resource;
  const auto scopes = narrowed_scopes(settings_, form, *terms);
  if (!scopes) co_return scopes.error();

  auto issued = co_await grants_.refresh(token, *scopes, request.trace);
  if (!issued) co_return rejection_for(issued.error(), "refresh_token");
  co_return std::move(*issued);
}

}  // namespace gatehouse::oauth
