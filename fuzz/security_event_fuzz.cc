// SPDX-License-Identifier: Apache-2.0
//
// Security events that somebody posts to us. The input is the document that says where the keys
// are, and the claims of an event token, parted by a line `--`.
#include "fuzzing.h"
#include "gatehouse/http/url.h"
#include "gatehouse/identity/security_event.h"

namespace gatehouse::fuzzing {
namespace {

using identity::SecurityEventFault;

constexpr std::string_view kIssuer = "https://accounts.google.com";
const base::SystemTime kNow = base::from_epoch_seconds(1'800'000'000);

void check_configuration(std::string_view json) {
  const auto keys = identity::parse_risc_configuration(json, kIssuer);
  if (!keys) {
    assert(is_single_line(keys.error().detail));
    return;
  }
  const auto url = http::parse_url(*keys);
  assert(url && url->scheme == "https" && !url->has_userinfo && !url->has_fragment);
  assert(url->host == "accounts.google.com" || url->host.ends_with(".googleapis.com"));
}

void check_event(const identity::SecurityEvent& event) {
  assert(!identity::name_of(event.kind).empty());
  assert(is_visible_ascii(event.user.str()) && event.user.str().size() <= 255);
  assert(base::is_valid_utf8(event.reason) && event.reason.size() <= 128);
  const bool is_known = event.kind != identity::SecurityEventKind::unknown;
  assert(is_known || !identity::ends_sessions(event.kind));
}

void check_claims(std::string_view claims) {
  const auto token = identity::judge_security_event(claims, {kIssuer, "client-1", kNow});
  if (!token) {
    assert(!identity::name_of(token.error()).empty());
    assert(token.error() != SecurityEventFault::provider_unreachable);
    return;
  }
  assert(!token->id.empty() && token->id.size() <= 255);
  assert(!token->events.empty() && token->events.size() <= 16);
  // What is of the future would end sessions that have not begun.
  assert(token->happened_at <= kNow && token->happened_at > base::from_epoch_seconds(0));
  for (const identity::SecurityEvent& event : token->events) check_event(event);
  assert(!identity::judge_security_event(claims, {"https://id.acme.example", "client-1", kNow}));
  assert(!identity::judge_security_event(claims, {kIssuer, "client-that-nobody-names", kNow}));
}

}  // namespace

void run(std::string_view input) {
  check_configuration(take_part(input));
  check_claims(input);
}

}  // namespace gatehouse::fuzzing
