// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/revocation_endpoint.h"

#include "gatehouse/oauth/cross_origin.h"
#include "gatehouse/oauth/form_body.h"
#include "gatehouse/oauth/refusal_log.h"
#include "gatehouse/oauth/wire_error.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::oauth {
namespace {

constexpr std::string_view kRefused = "revocation refused";

std::string_view event_for(vault::Revoked what) {
  switch (what) {
    case vault::Revoked::nothing:
      return "nothing to revoke";
    case vault::Revoked::token:
      return "token revoked";
    case vault::Revoked::grant:
      return "grant revoked";
  }
  return "";
}

}  // namespace

RevocationEndpoint::RevocationEndpoint(ClientAuthenticator& authenticator,
                                       vault::GrantVault& grants, telemetry::Log& log)
    : authenticator_(authenticator), grants_(grants), log_(log) {}

base::Coroutine<http::Response> RevocationEndpoint::handle(const http::Request& request) {
  http::Response response = co_await answer(request);
  allow_any_origin(response);
  co_return response;
}

base::Coroutine<http::Response> RevocationEndpoint::answer(const http::Request& request) {
  telemetry::TracedLog log(log_, request.trace);
  const auto form = FormBody::read(request);
  if (!form) co_return refuse(request, form.error(), {});
  const std::string_view client_id = form->value("client_id").value_or("");
  const base::Secret token = form->secret("token");
  const Rejection missing{Reason::invalid_request, "token is missing"};
  if (token.empty()) co_return refuse(request, missing, client_id);

  const auto client = co_await authenticator_.authenticate(request, *form);
  if (!client) {
    log_refusal(log, kRefused, client.error(), client_id);
    co_return refused_client_response(request, client.error());
  }

  const auto revoked = co_await grants_.revoke_token(token, client->id);
  if (!revoked && revoked.error().code == vault::Refused::unavailable) {
    const Rejection unavailable{Reason::temporarily_unavailable, "try again in a moment"};
    co_return refuse(request, unavailable, client_id);
  }
  log.audit(event_for(revoked ? *revoked : vault::Revoked::nothing),
            {{telemetry::Field::client, std::string_view(client->id.str())}});
  http::Response response = http::empty_response(200);
  response.with("Cache-Control", "no-store");
  co_return response;
}

http::Response RevocationEndpoint::refuse(const http::Request& request, const Rejection& rejection,
                                          std::string_view client_id) const {
  telemetry::TracedLog log(log_, request.trace);
  log_refusal(log, kRefused, rejection, client_id);
  return error_response(rejection);
}

}  // namespace gatehouse::oauth
