// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// A JWT with which a client proves itself instead of a secret (`private_key_jwt`: RFC 7523 sections
// 2.2 and 3, OpenID Connect Core section 9).
constexpr std::string_view kClientAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// What an assertion says before anything is proven: enough to look up whose keys to try.
struct AssertionHead {
  AssertionHead() {}
  std::string subject;
  std::string algorithm;
};
std::optional<AssertionHead> read_assertion_head(std::string_view assertion);

struct AssertionClaims {
  AssertionClaims() {}
  std::string id;                       // `jti`, which its client uses once
  base::SystemTime acceptable_until{};  // by our clock, skew included
};

// Judges the claims of an assertion whose signature is the client's: issuer and subject are the
// client, the audience is us and nobody besides, and it ends within ten minutes.
Judged<AssertionClaims> judge_client_assertion(const AuthorizationServerSettings& settings,
                                               std::string_view claims, std::string_view client_id,
                                               base::SystemTime now);

}  // namespace gatehouse::oauth
