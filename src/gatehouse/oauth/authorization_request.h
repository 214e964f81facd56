// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gatehouse/base/ids.h"
#include "gatehouse/http/url.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/scope.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// A request to authorize that was found in order; everything a grant will be bound to. It travels
// sealed through the browser, so it holds no secret.
struct AuthorizationRequest {
  AuthorizationRequest() {}
  base::ClientId client;
  std::string client_name;  // as registered: to be cleaned before it is shown
  std::string redirect_uri;
  std::string code_challenge;
  Scopes scopes;
  std::string resource;
  std::optional<std::string> state;  // given back as it came, also when empty
};

std::string request_to_json(const AuthorizationRequest& request);
std::optional<AuthorizationRequest> request_from_json(std::string_view json);

// The client cannot be told: its identity or its redirect URI is in doubt, so the person is told on
// a page of ours (RFC 6749 section 4.1.2.1).
struct LocalRefusal {
  LocalRefusal(Reason r, std::string text) : reason(r), description(std::move(text)) {}
  Reason reason;
  std::string description;
};

// The client is told through its redirect URI.
struct RedirectRefusal {
  RedirectRefusal(Rejection what, std::string to)
      : rejection(std::move(what)), location(std::move(to)) {}
  Rejection rejection;
  std::string location;
};

using AuthorizationVerdict = std::variant<AuthorizationRequest, LocalRefusal, RedirectRefusal>;

// Judges a request (RFC 6749 section 4.1.1, RFC 7636, RFC 8707) that names `client`. No parameter
// is chosen silently: what is repeated or unclear is refused.
AuthorizationVerdict judge_authorization_request(const AuthorizationServerSettings& settings,
                                                 const http::FormFields& parameters,
                                                 const Client& client);

}  // namespace gatehouse::oauth
