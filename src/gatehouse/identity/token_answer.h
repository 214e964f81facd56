// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/identity_provider.h"

namespace gatehouse::identity {

// What was asked of the token endpoint; the same error word means different things.
enum class TokenRequest { code, refresh };

struct TokenAnswer {
  TokenAnswer() {}
  UpstreamTokens tokens;
  base::Secret id_token;  // empty when there is none
};

// Reads the token endpoint's answer (RFC 6749 sections 5.1 and 5.2) of any status. An answer that
// is neither tokens nor an error of OAuth is Refusal::provider_unreachable: it comes from something
// between us and the provider.
base::Result<TokenAnswer, RefusalError> read_token_answer(TokenRequest request, int status,
                                                          std::string_view body,
                                                          base::SystemTime now);

}  // namespace gatehouse::identity
