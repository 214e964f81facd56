// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/message.h"
#include "gatehouse/oauth/challenge.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/grant_vault.h"

namespace gatehouse::oauth {

// What a request presents as its bearer token. `value` points into the request.
struct PresentedToken {
  enum class Kind { none, ambiguous, bearer };
  Kind kind = Kind::none;
  std::string_view value;
};

// RFC 6750 section 2.1: one Authorization header, scheme in any case. A token in the query counts
// as ambiguous, because it must never work.
PresentedToken presented_token(const http::Request& request);

// A caller whose token has been proven. The token points into the request.
struct Admitted {
  Admitted() {}
  vault::LiveGrantPtr grant;
  std::string_view access_token;
};

// Stands before every route that needs a token: one consistent read per request, nothing cached.
// Which origins may read the answers is for the route to say.
class BearerGuard {
 public:
  // `worth_a_line`: whether the log should hear of this refused token as well; unset, of each.
  BearerGuard(const AuthorizationServerSettings& settings, vault::GrantVault& grants,
              telemetry::Log& log,
              std::function<bool(const http::Request&)> worth_a_line = nullptr);

  // The caller, or the answer to send instead: 401 with a challenge, or 503 with Retry-After when
  // the store cannot be asked.
  base::Coroutine<base::Result<Admitted, http::Response>> admit(const http::Request& request,
                                                                Endpoint endpoint);

  // 403 for a caller whose token lacks something of `needed` (RFC 6750 section 3.1).
  http::Response insufficient_scope(Endpoint endpoint, const Scopes& needed) const;

 private:
  void note(const http::Request& request, std::string_view reason, std::string_view detail) const;
  http::Response missing_token(Endpoint endpoint) const;
  http::Response invalid_token(Endpoint endpoint) const;

  const AuthorizationServerSettings& settings_;
  vault::GrantVault& grants_;
  telemetry::Log& log_;
  const std::function<bool(const http::Request&)> worth_a_line_;
  std::string resource_;
  std::array<std::string, 2> missing_challenges_;  // by Endpoint
  std::array<std::string, 2> invalid_challenges_;
};

}  // namespace gatehouse::oauth
