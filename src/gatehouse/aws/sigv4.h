// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/http/message.h"

namespace gatehouse::aws {

// One request as it will be sent. All `headers` are signed, with `host` and `x-amz-date`.
struct SigningRequest {
  SigningRequest() {}
  std::string_view method = "POST";
  std::string_view host;        // with the port, when it is not the scheme's own
  std::string_view path = "/";  // as sent, percent-encoded once
  std::string_view query;       // as sent: name=value pairs, percent-encoded
  std::vector<http::Header> headers;
  std::string_view body;
};

struct SigningScope {
  SigningScope() {}
  std::string region;
  std::string service;
};

// AWS Signature Version 4 in the Authorization header. Gives the headers to add: Authorization,
// X-Amz-Date and, with temporary credentials, X-Amz-Security-Token. `Authorization` is no secret by
// itself (it holds a signature for one request), the security token is: send them, never log them.
std::vector<http::Header> sign(const SigningRequest& request, const SigningScope& scope,
                               const Credentials& credentials, base::SystemTime at);

// The steps of it, for tests against other signers.
std::string canonical_request(const SigningRequest& request, const Credentials& credentials,
                              base::SystemTime at);

}  // namespace gatehouse::aws
