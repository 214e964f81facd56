// SPDX-License-Identifier: Apache-2.0
//
// Key sets and signed tokens of the identity provider. The input is a key set, a token, and an ID
// token's claims, parted by lines `--`. Nobody has the private halves of the keys below, so no
// token verifies under them but the two that were signed once.
#include "fuzzing.h"
#include "gatehouse/crypto/jwt.h"
#include "gatehouse/identity/id_token.h"
#include "jwt_known_tokens.h"

namespace gatehouse::fuzzing {
namespace {

void check_known_keys(std::string_view token) {
  static const auto known = crypto::JwkSet::parse(kKnownKeys);
  assert(known && known->size() == 2);
  const auto payload = known->verify(token);
  if (!payload) return;
  assert(*payload == kKnownPayload);
  assert(token.substr(0, token.rfind('.')) == kKnownRsaToken.substr(0, kKnownRsaToken.rfind('.')) ||
         token.substr(0, token.rfind('.')) == kKnownEcToken.substr(0, kKnownEcToken.rfind('.')));
}

void check_keys(std::string_view keys, std::string_view token, crypto::KeyNames names) {
  const auto set = crypto::JwkSet::parse(keys, names);
  if (!set) return;
  assert(set->size() <= 64);
  const auto payload = set->verify(token);
  if (payload) assert(token.size() <= 16 * 1024);
}

void check_claims(std::string_view claims) {
  static const std::vector<std::string> domains = {"acme.example"};
  const identity::IdTokenExpectations expected{"https://accounts.google.com", "client-1", "nonce-1",
                                               base::from_epoch_seconds(1'800'000'000), domains};
  const auto person = identity::judge_id_token(claims, expected);
  if (!person) {
    assert(!identity::name_of(person.error()).empty());
    (void)identity::refusal_of(person.error());
    return;
  }
  assert(person->domain == "acme.example");
  assert(!person->user.empty() && is_visible_ascii(person->user.str()));
  assert(is_visible_ascii(person->email) && person->email.find('@') != std::string::npos);
  assert(person->user.str().size() <= 255 && person->name.size() <= 256);
}

}  // namespace

void run(std::string_view input) {
  const std::string_view keys = take_part(input);
  const std::string_view token = take_part(input);
  check_keys(keys, token, crypto::KeyNames::required);
  check_keys(keys, token, crypto::KeyNames::optional);
  check_known_keys(token);
  check_known_keys(edited(std::string(kKnownRsaToken), input));
  check_known_keys(edited(std::string(kKnownEcToken), input));
  check_claims(input);
}

}  // namespace gatehouse::fuzzing
