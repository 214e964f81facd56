// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/client_registry.h"
#include "gatehouse/oauth/form_body.h"
#include "gatehouse/oauth/rejection.h"

namespace gatehouse::oauth {

// Which client is calling the token or the revocation endpoint.
class ClientAuthenticator {
 public:
  explicit ClientAuthenticator(ClientRegistry& clients) : clients_(clients) {}

  base::Coroutine<Judged<Client>> authenticate(const http::Request& request, const FormBody& form);

 private:
  ClientRegistry& clients_;
};

// The answer to a refused client: RFC 6749 section 5.2 wants a Basic challenge when the client used
// the Authorization header, and none otherwise.
http::Response refused_client_response(const http::Request& request, const Rejection& rejection);

}  // namespace gatehouse::oauth
