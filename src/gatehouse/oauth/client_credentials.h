// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/secret.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/form_body.h"
#include "gatehouse/oauth/rejection.h"

namespace gatehouse::oauth {

// How a client names itself at the token and revocation endpoints (RFC 6749 section 2.3.1): in a
// Basic header, in the form with a secret, with an assertion (RFC 7521 section 4.2), or without
// any.
struct ClientCredentials {
  ClientCredentials() {}
  std::string client_id;
  base::Secret secret;
  bool has_secret = false;
  base::Secret assertion;  // empty unless it sent one
};

// invalid_client for two methods at once, an unreadable header or assertion, or no client at all.
Judged<ClientCredentials> presented_credentials(const http::Request& request, const FormBody& form);

// Of credentials without an assertion. A client with a secret must show it, a client without must
// not; which of the two secret methods it uses is left to it. In constant time.
bool proves_client(const ClientCredentials& credentials, const Client& client);

}  // namespace gatehouse::oauth
