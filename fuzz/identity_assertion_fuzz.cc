// SPDX-License-Identifier: Apache-2.0
//
// What an identity provider says: an assertion about a person before its signature is looked at,
// its claims after that, and the metadata by which its keys are found. The input is the three,
// parted by lines `--`.
#include "fuzzing.h"
#include "gatehouse/base/encoding.h"
#include "gatehouse/http/url.h"
#include "gatehouse/oauth/client_document.h"
#include "gatehouse/oauth/identity_assertion.h"
#include "gatehouse/oauth/issuer_metadata.h"

namespace gatehouse::fuzzing {
namespace {

const base::SystemTime kNow = base::from_epoch_seconds(1'800'000'000);
const std::string kIssuer = "https://acme.okta.example";

void check_claims(std::string_view claims) {
  oauth::AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  settings.enterprise_issuers = {kIssuer};
  crypto::VerifiedJws verified;
  verified.type = oauth::kIdentityAssertionType;
  verified.payload = claims;
  const auto judged = oauth::judge_identity_assertion(settings, verified, kIssuer, kNow);
  if (!judged) {
    for (const char c : judged.error().description) assert(c >= 0x20 && c < 0x7f);
    return;
  }
  assert(!judged->subject.empty() && judged->subject.size() <= 256);
  assert(!judged->id.empty() && judged->id.size() <= 256);
  assert(is_visible_ascii(judged->email) && judged->email.size() <= 254);
  assert(judged->email.find('@') != std::string::npos);
  assert(!judged->client_id.empty());
  assert(judged->acceptable_until > kNow);
  assert(judged->acceptable_until <= kNow + std::chrono::minutes(62));
  if (judged->scopes) {
    assert(!judged->scopes->empty());
    assert(oauth::contains_all(settings.scopes_supported, *judged->scopes));
  }
  assert(oauth::asserted_subject(*judged).starts_with("id-jag "));
}

void check_metadata(std::string_view body) {
  for (const std::string& url : oauth::issuer_metadata_urls(kIssuer)) {
    const auto metadata = oauth::parse_issuer_metadata(url, body);
    if (!metadata) {
      for (const char c : metadata.error().description) assert(c >= 0x20 && c < 0x7f);
      continue;
    }
    // With a slash at its end it lies at the same address; whoever asked compares the name.
    assert(metadata->issuer == kIssuer || metadata->issuer == kIssuer + "/" ||
           base::equal_ignoring_case(metadata->issuer.substr(0, kIssuer.size()), kIssuer));
    assert(oauth::is_same_origin(kIssuer, metadata->jwks_uri) ||
           !oauth::client_document_url_fault(metadata->jwks_uri));
  }
}

}  // namespace

void run(std::string_view input) {
  const std::string_view assertion = take_part(input);
  const std::string_view claims = take_part(input);
  const auto issuer = oauth::read_assertion_issuer(assertion);
  if (issuer) assert(base::is_valid_utf8(*issuer) && assertion.size() <= 16 * 1024);
  check_claims(claims);
  check_metadata(input);
}

}  // namespace gatehouse::fuzzing
