// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/pkce.h"

#include <algorithm>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::oauth {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_unreserved(char c) {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

bool is_code_verifier(std::string_view text) {
  return text.size() >= 43 && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), is_unreserved);
}

bool is_code_challenge(std::string_view text) {
  return text.size() == 43 && base::base64url_decode(text).has_value();
}

std::string code_challenge_for(std::string_view verifier) {
  const crypto::Sha256 digest = crypto::sha256(verifier);
  return base::base64url_encode(crypto::view(digest));
}

bool verifier_matches(std::string_view verifier, std::string_view challenge) {
  return is_code_verifier(verifier) &&
         base::equal_in_constant_time(code_challenge_for(verifier), challenge);
}

}  // namespace gatehouse::oauth
