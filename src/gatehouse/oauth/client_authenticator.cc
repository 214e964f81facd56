// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_authenticator.h"

#include <utility>

#include "gatehouse/oauth/client_credentials.h"
#include "gatehouse/oauth/wire_error.h"

namespace gatehouse::oauth {

namespace {

Rejection unproven(const Client& client) {
  if (client.authentication == ClientAuthentication::private_key_jwt) {
    return {Reason::invalid_client,
            "this client authenticates by private_key_jwt: client_assertion is missing"};
  }
  return {Reason::invalid_client, "client authentication failed"};
}

}  // namespace

base::Coroutine<Judged<Client>> ClientAuthenticator::authenticate(const http::Request& request,
                                                                  const FormBody& form) {
  const auto credentials = presented_credentials(request, form);
  if (!credentials) co_return credentials.error();
  auto client = co_await clients_.find(credentials->client_id, request.trace);
  if (!client) co_return client.error();
  if (credentials->assertion.empty()) {
    if (!proves_client(*credentials, *client)) co_return unproven(*client);
    co_return std::move(*client);
  }
  const auto verified = co_await assertions_.verify(*client, credentials->assertion, request.trace);
  if (!verified) co_return verified.error();
  co_return std::move(*client);
}

http::Response refused_client_response(const http::Request& request, const Rejection& rejection) {
  http::Response response = error_response(rejection);
  if (response.status == 401 && request.header_count("Authorization") > 0) {
    response.with("WWW-Authenticate", "Basic realm=\"gatehouse\"");
  }
  return response;
}

}  // namespace gatehouse::oauth
