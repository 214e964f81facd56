// SPDX-License-Identifier: Apache-2.0
//
// What a client that signs sends for itself: an assertion before its signature is looked at, its
// claims after that, and the key set it is checked with. The input is the three, parted by lines
// `--`.
#include "fuzzing.h"
#include "gatehouse/base/json.h"
#include "gatehouse/oauth/client_assertion.h"
#include "gatehouse/oauth/client_keys.h"

namespace gatehouse::fuzzing {
namespace {

const base::SystemTime kNow = base::from_epoch_seconds(1'800'000'000);

void check_claims(std::string_view claims) {
  oauth::AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  const auto judged = oauth::judge_client_assertion(settings, claims, "app", kNow);
  if (!judged) {
    for (const char c : judged.error().description) assert(c >= 0x20 && c < 0x7f);
    return;
  }
  assert(!judged->id.empty() && judged->id.size() <= 256);
  assert(judged->acceptable_until > kNow);
  assert(judged->acceptable_until <= kNow + std::chrono::minutes(12));
  const auto document = base::JsonDocument::parse(claims);
  assert(document && document->root().find_string("sub") == "app");
}

void check_keys(std::string_view jwks) {
  const auto keys = oauth::parse_client_keys(jwks);
  if (keys) {
    assert((*keys)->size() > 0 && (*keys)->size() <= 64);
    return;
  }
  for (const char c : keys.error().description) assert(c >= 0x20 && c < 0x7f);
}

}  // namespace

void run(std::string_view input) {
  const std::string_view assertion = take_part(input);
  const std::string_view claims = take_part(input);
  const auto head = oauth::read_assertion_head(assertion);
  if (head) assert(base::is_valid_utf8(head->subject) && assertion.size() <= 16 * 1024);
  check_claims(claims);
  check_keys(input);
}

}  // namespace gatehouse::fuzzing
