// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/authorization_endpoint.h"

#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/oauth/authorization_response.h"
#include "gatehouse/oauth/refusal_log.h"
#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/vault/bearer.h"

namespace gatehouse::oauth {
namespace {

std::optional<Rejection> rejection_in(const AuthorizationVerdict& verdict) {
  if (const auto* local = std::get_if<LocalRefusal>(&verdict)) {
    return Rejection{local->reason, local->description};
  }
  if (const auto* told = std::get_if<RedirectRefusal>(&verdict)) return told->rejection;
  return std::nullopt;
}

}  // namespace

AuthorizationEndpoint::AuthorizationEndpoint(const AuthorizationServerSettings& settings,
                                             ClientRegistry& clients, vault::GrantVault& grants,
                                             const base::Clock& clock, telemetry::Log& log)
    : settings_(settings), clients_(clients), grants_(grants), clock_(clock), log_(log) {}

AuthorizationVerdict AuthorizationEndpoint::noted(const http::Request& request,
                                                  AuthorizationVerdict verdict,
                                                  std::string_view client_id) const {
  const auto rejection = rejection_in(verdict);
  telemetry::TracedLog log(log_, request.trace);
  if (rejection) log_refusal(log, "authorization refused", *rejection, client_id);
  return verdict;
}

base::Coroutine<AuthorizationVerdict> AuthorizationEndpoint::read(const http::Request& request) {
  const auto parameters = http::parse_form(request.query);
  if (!parameters) {
    co_return noted(request, LocalRefusal(Reason::invalid_request, "the request cannot be read"),
                    {});
  }
  const std::string_view client_id = http::single_field(*parameters, "client_id").value_or("");
  if (client_id.empty()) {
    co_return noted(request,
                    LocalRefusal(Reason::invalid_request, "client_id is missing or repeated"), {});
  }
  const auto client = co_await clients_.find(client_id, request.trace);
  if (!client) {
    co_return noted(request, LocalRefusal(client.error().reason, client.error().description),
                    client_id);
  }
  co_return noted(request, judge_authorization_request(settings_, *parameters, *client), client_id);
}

vault::VaultTask<CompletedAuthorization> AuthorizationEndpoint::complete(
    const AuthorizationRequest& request, const Scopes& served, const base::UserId& subject,
    const vault::UpstreamCredentials& upstream) {
  vault::GrantTerms terms;
  terms.user = subject;
  terms.client = request.client;
  terms.redirect_uri = request.redirect_uri;
  terms.code_challenge = request.code_challenge;
  terms.scopes = intersection(request.scopes, served);
  terms.declined = difference(request.scopes, served);
  terms.resource = request.resource;
  terms.signed_in_at = clock_.now();
  const auto code = co_await grants_.create_grant(terms, upstream);
  if (!code) co_return code.error();
  CompletedAuthorization completed;
  completed.location =
      success_location(request.redirect_uri, request.state, settings_.issuer(), *code);
  const auto grant = vault::peek_grant_id(vault::BearerKind::code, code->reveal());
  if (grant) completed.grant = base::base64url_encode(base::as_text(*grant));
  completed.signed_in_at = terms.signed_in_at;
  co_return completed;
}

base::Coroutine<std::string> AuthorizationEndpoint::client_name(
    const base::ClientId& client, const telemetry::RequestTrace& trace) {
  const auto found = co_await clients_.find(client.str(), trace);
  const std::string unknown;
  if (!found) co_return unknown;
  co_return found->name;
}

std::string AuthorizationEndpoint::refuse(const AuthorizationRequest& request,
                                          const Rejection& rejection) const {
  return error_location(request.redirect_uri, request.state, settings_.issuer(), rejection);
}

}  // namespace gatehouse::oauth
