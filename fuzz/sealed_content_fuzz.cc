// SPDX-License-Identifier: Apache-2.0
//
// What lies under a seal: contents of grants, registrations, requests on their way through the
// browser. Whatever is read is written the same again, and a seal that was altered does not open.
#include "fuzzing.h"
#include "gatehouse/oauth/authorization_request.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/vault/envelope.h"
#include "gatehouse/vault/grant_content.h"

namespace gatehouse::fuzzing {
namespace {

using base::Secret;

void check_grant(std::string_view input) {
  const Secret bytes = Secret::copy_of(input);
  const auto content = vault::decode_grant_content(bytes);
  if (!content) return;
  assert(vault::encode(*content).reveal() == input);
}

void check_client(std::string_view input) {
  const auto client = oauth::client_from_json(input);
  if (!client) return;
  const std::string json = oauth::client_to_json(*client);
  const auto again = oauth::client_from_json(json);
  assert(again && oauth::client_to_json(*again) == json && again->id == client->id);
}

void check_request(std::string_view input) {
  const auto request = oauth::request_from_json(input);
  if (!request) return;
  const std::string json = oauth::request_to_json(*request);
  const auto again = oauth::request_from_json(json);
  assert(again && oauth::request_to_json(*again) == json && again->state == request->state);
}

// A content of any bytes comes back; the same seal with any byte altered does not.
void check_envelope(std::string_view input) {
  static base::SeededRandom random(1);
  static const Secret data_key = Secret::copy_of(std::string(32, 'd'));
  static const Secret holder_key = Secret::copy_of(std::string(32, 'h'));
  vault::SealTerms terms;
  terms.table = "sessions";
  terms.key = "GRANT#1";
  const std::string additional = vault::additional_data(terms);
  const Secret content = Secret::copy_of(input);
  const vault::Envelope sealed =
      vault::seal_envelope(data_key, holder_key, additional, content, random);
  const auto opened = vault::open_envelope(data_key, holder_key, additional, sealed);
  assert(opened && opened->reveal() == input);

  vault::Envelope altered;
  altered.ciphertext = edited(sealed.ciphertext, input);
  altered.tag = edited(sealed.tag, input);
  altered.iv = edited(sealed.iv, input);
  altered.salt = edited(sealed.salt, input);
  altered.commitment = edited(sealed.commitment, input);
  const bool is_same = altered.ciphertext == sealed.ciphertext && altered.tag == sealed.tag &&
                       altered.iv == sealed.iv && altered.salt == sealed.salt &&
                       altered.commitment == sealed.commitment;
  assert(vault::open_envelope(data_key, holder_key, additional, altered).has_value() == is_same);
  altered = vault::Envelope();
  altered.ciphertext = altered.tag = altered.iv = altered.salt = altered.commitment = input;
  assert(!vault::open_envelope(data_key, holder_key, additional, altered));
}

}  // namespace

void run(std::string_view input) {
  check_grant(input);
  check_client(input);
  check_request(input);
  check_envelope(input);
}

}  // namespace gatehouse::fuzzing
