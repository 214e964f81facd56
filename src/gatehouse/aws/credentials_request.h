// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/aws/credentials_context.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/client.h"

namespace gatehouse::aws {

// A request whose headers carry tokens: they are overwritten when it is released.
struct CredentialedRequest {
  CredentialedRequest() {}
  CredentialedRequest(CredentialedRequest&&) = default;
  CredentialedRequest& operator=(CredentialedRequest&&) = delete;
  ~CredentialedRequest();

  http::ClientRequest http;
};

// Asks a credential endpoint up to `attempts_max` times while there is no answer, or one that says
// to come back (429, 5xx). Gives the last answer or error.
base::Task<http::ClientResponse> send_repeatedly(const CredentialsContext& context,
                                                 const CredentialedRequest& request,
                                                 int attempts_max);

// What to say when `what` gave no answer. Errc::unavailable, but for a request that the HTTP client
// has refused to send: that will not pass.
base::Error no_answer_from(const std::string& what, const base::Error& error);

}  // namespace gatehouse::aws
