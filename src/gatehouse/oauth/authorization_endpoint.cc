// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/authorization_endpoint.h"

#include <utility>

#include "gatehouse/oauth/authorization_response.h"
#include "gatehouse/oauth/wire_error.h"

namespace gatehouse::oauth {
namespace {

using telemetry::Field;

void log_refusal(telemetry::Log& log, const AuthorizationVerdict& verdict,
                 std::string_view client_id) {
  if (const auto* local = std::get_if<LocalRefusal>(&verdict)) {
    log.info("authorization refused", {{Field::reason, wire_name(local->reason)},
                                       {Field::detail, std::string_view(local->description)},
                                       {Field::client, client_id}});
  } else if (std::holds_alternative<RedirectRefusal>(verdict)) {
    log.info("authorization refused",
             {{Field::reason, "told the client"}, {Field::client, client_id}});
  }
}

}  // namespace

AuthorizationEndpoint::AuthorizationEndpoint(const AuthorizationServerSettings& settings,
                                             ClientRegistry& clients, vault::GrantVault& grants,
                                             const base::Clock& clock, telemetry::Log& log)
    : settings_(settings), clients_(clients), grants_(grants), clock_(clock), log_(log) {}

base::Coroutine<AuthorizationVerdict> AuthorizationEndpoint::read(const http::Request& request) {
  const auto parameters = http::parse_form(request.query);
  if (!parameters) co_return LocalRefusal(Reason::invalid_request, "the request cannot be read");
  const auto client_id = http::single_field(*parameters, "client_id");
  if (!client_id || client_id->empty()) {
    co_return LocalRefusal(Reason::invalid_request, "client_id is missing or repeated");
  }
  const auto client = co_await clients_.find(*client_id);
  if (!client) {
    AuthorizationVerdict refused = LocalRefusal(client.error().reason, client.error().description);
    log_refusal(log_, refused, *client_id);
    co_return refused;
  }
  AuthorizationVerdict verdict = judge_authorization_request(settings_, *parameters, *client);
  log_refusal(log_, verdict, client->id.str());
  co_return verdict;
}

vault::VaultTask<std::string> AuthorizationEndpoint::complete(
    const AuthorizationRequest& request, const base::UserId& subject,
    const vault::UpstreamCredentials& upstream) {
  vault::GrantTerms terms;
  terms.user = subject;
  terms.client = request.client;
  terms.redirect_uri = request.redirect_uri;
  terms.code_challenge = request.code_challenge;
  terms.scopes = request.scopes;
  terms.resource = request.resource;
  terms.signed_in_at = clock_.now();
  const auto code = co_await grants_.create_grant(terms, upstream);
  if (!code) co_return code.error();
  co_return success_location(request.redirect_uri, request.state, settings_.issuer(), *code);
}

std::string AuthorizationEndpoint::refuse(const AuthorizationRequest& request,
                                          const Rejection& rejection) const {
  return error_location(request.redirect_uri, request.state, settings_.issuer(), rejection);
}

}  // namespace gatehouse::oauth
