// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/result.h"

namespace gatehouse::oauth {

// Why a protocol request goes no further. Each has one name on the wire (wire_error.cc).
enum class Reason {
  invalid_request,
  invalid_client,
  invalid_grant,
  unauthorized_client,
  unsupported_grant_type,
  unsupported_response_type,
  invalid_scope,
  invalid_target,  // RFC 8707 section 2
  access_denied,
  interaction_required,   // OpenID Connect Core section 3.1.2.6: prompt=none
  request_not_supported,  // the same section, as the two below
  request_uri_not_supported,
  registration_not_supported,
  invalid_redirect_uri,  // RFC 7591 section 3.2.2
  invalid_client_metadata,
  client_document_refused,      // what a client publishes about itself cannot be accepted
  client_document_unreachable,  // or cannot be fetched now
  rate_limited,
  server_error,
  temporarily_unavailable,
};

struct Rejection {
  Reason reason;
  std::string description;  // for the developer of the client: printable ASCII, no secrets
};

template <class T>
using Judged = base::Result<T, Rejection>;

}  // namespace gatehouse::oauth
