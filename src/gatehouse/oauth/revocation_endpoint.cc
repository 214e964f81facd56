// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/revocation_endpoint.h"

#include "gatehouse/oauth/cross_origin.h"
#include "gatehouse/oauth/form_body.h"
#include "gatehouse/oauth/wire_error.h"

namespace gatehouse::oauth {

RevocationEndpoint::RevocationEndpoint(ClientRegistry& clients, vault::GrantVault& grants,
                                       telemetry::Log& log)
    : authenticator_(clients), grants_(grants), log_(log) {}

base::Coroutine<http::Response> RevocationEndpoint::handle(const http::Request& request) {
  http::Response response = co_await answer(request);
  allow_any_origin(response);
  co_return response;
}

base::Coroutine<http::Response> RevocationEndpoint::answer(const http::Request& request) {
  const auto form = FormBody::read(request);
  if (!form) co_return error_response(form.error());
  const base::Secret token = form->secret("token");
  const Rejection missing{Reason::invalid_request, "token is missing"};
  if (token.empty()) co_return error_response(missing);

  const auto client = co_await authenticator_.authenticate(request, *form);
  if (!client) co_return refused_client_response(request, client.error());

  const auto revoked = co_await grants_.revoke_token(token, client->id);
  if (!revoked && revoked.error().code == vault::Refused::unavailable) {
    const Rejection unavailable{Reason::temporarily_unavailable, "try again in a moment"};
    co_return error_response(unavailable);
  }
  log_.info("token revoked", {{telemetry::Field::client, std::string_view(client->id.str())}});
  http::Response response = http::empty_response(200);
  response.with("Cache-Control", "no-store");
  co_return response;
}

}  // namespace gatehouse::oauth
