// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::oauth {

// RFC 7636 section 4.1: 43 to 128 unreserved characters. Section 4.2 gives S256 challenges exactly
// 43, of base64url.
bool is_code_verifier(std::string_view text);
bool is_code_challenge(std::string_view text);

// BASE64URL(SHA256(verifier)).
std::string code_challenge_for(std::string_view verifier);

// Section 4.6, S256 only; in constant time.
bool verifier_matches(std::string_view verifier, std::string_view challenge);

}  // namespace gatehouse::oauth
