// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/client_authenticator.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::oauth {

// POST /revoke, RFC 7009. A token that is not the client's, or no token at all, is answered like a
// revoked one and changes nothing.
class RevocationEndpoint {
 public:
  RevocationEndpoint(ClientAuthenticator& authenticator, vault::GrantVault& grants,
                     telemetry::Log& log);

  base::Coroutine<http::Response> handle(const http::Request& request);

 private:
  base::Coroutine<http::Response> answer(const http::Request& request);
  http::Response refuse(const http::Request& request, const Rejection& rejection,
                        std::string_view client_id) const;

  ClientAuthenticator& authenticator_;
  vault::GrantVault& grants_;
  telemetry::Log& log_;
};

}  // namespace gatehouse::oauth
