// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_authenticator.h"

#include <utility>

#include "gatehouse/oauth/client_credentials.h"
#include "gatehouse/oauth/wire_error.h"

namespace gatehouse::oauth {

base::Coroutine<Judged<Client>> ClientAuthenticator::authenticate(const http::Request& request,
                                                                  const FormBody& form) {
  const auto credentials = presented_credentials(request, form);
  if (!credentials) co_return credentials.error();
  auto client = co_await clients_.find(credentials->client_id);
  if (!client) co_return client.error();
  const Rejection unproven{Reason::invalid_client, "client authentication failed"};
  if (!proves_client(*credentials, *client)) co_return unproven;
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
