// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/crypto/jwt.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/scope.h"
#include "gatehouse/oauth/settings.h"

namespace gatehouse::oauth {

// A JWT by which a company's identity provider lets a client act for a person (ID-JAG:
// draft-ietf-oauth-identity-assertion-authz-grant-04, for MCP "enterprise-managed authorization").
constexpr std::string_view kIdentityAssertionGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr std::string_view kIdentityAssertionProfile = "urn:ietf:params:oauth:grant-profile:id-jag";
constexpr std::string_view kIdentityAssertionType = "oauth-id-jag+jwt";

// Who signed it, by what it says itself: enough to choose the keys to try. nullopt when it is no
// compact JWT of at most 16 KB.
std::optional<std::string> read_assertion_issuer(std::string_view assertion);

struct IdentityAssertion {
  IdentityAssertion() {}
  std::string issuer;
  std::string tenant;   // of an issuer for several companies; else empty
  std::string subject;  // the person, as the issuer names them
  std::string email;    // the address of their account
  std::string client_id;
  std::string id;                       // `jti`, which its issuer uses once for a person
  std::optional<Scopes> scopes;         // without harmless ones; nullopt when it sets no limit
  base::SystemTime acceptable_until{};  // by our clock, skew included
};

// Judges what was signed by a key of `issuer` (section 4.4.1). The description of a refusal is for
// the operator: it says which claim is wrong.
Judged<IdentityAssertion> judge_identity_assertion(const AuthorizationServerSettings& settings,
                                                   const crypto::VerifiedJws& verified,
                                                   std::string_view issuer, base::SystemTime now);

// The name under which a person is known until their account is: one per issuer, subject and
// address, none that Google would give.
std::string asserted_subject(const IdentityAssertion& assertion);

}  // namespace gatehouse::oauth
