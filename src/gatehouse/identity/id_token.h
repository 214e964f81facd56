// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/identity_provider.h"

namespace gatehouse::identity {

// What an ID token must say to be believed. The views live as long as the call.
struct IdTokenExpectations {
  std::string_view issuer;
  std::string_view client_id;
  std::string_view nonce;
  base::SystemTime now;
  const std::vector<std::string>& allowed_domains;
};

// Why the claims of an ID token are not believed, one value for each check in the order of the
// checks.
enum class IdTokenFault {
  not_an_object,
  issuer,
  audience,
  authorized_party,
  expired,
  issued_in_future,
  lifetime,  // `exp` or `iat` missing, or a token that lives longer than a day
  nonce,
  subject,
  email,
  email_unverified,
  no_domain,
  wrong_domain,
};

std::string_view name_of(IdTokenFault fault);
Refusal refusal_of(IdTokenFault fault);

// Judges the payload of an ID token whose signature was verified (OpenID Connect Core 1.0
// section 3.1.3.7).
base::Result<Person, IdTokenFault> judge_id_token(std::string_view payload,
                                                  const IdTokenExpectations& expected);

}  // namespace gatehouse::identity
