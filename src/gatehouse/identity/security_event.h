// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/client.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/trace.h"

namespace gatehouse::identity {

// What happened to an account at Google (Cross-Account Protection, OpenID RISC).
enum class SecurityEventKind {
  sessions_revoked,
  tokens_revoked,
  token_revoked,  // one refresh token, named by a hash or its first characters
  account_disabled,
  account_enabled,
  account_purged,
  credential_change_required,
  verification,  // a test that the operator asked for
  unknown,
};

std::string_view name_of(SecurityEventKind kind);

// Whether the account's sessions from before the event end with it.
bool ends_sessions(SecurityEventKind kind);

struct SecurityEvent {
  SecurityEvent() {}
  SecurityEventKind kind = SecurityEventKind::unknown;
  base::UserId user;   // `sub`; empty when it names nobody by the issuer's subject
  std::string reason;  // of account_disabled, the state of verification; at most 128 bytes
};

// A security event token (RFC 8417) that has been believed.
struct SecurityEventToken {
  SecurityEventToken() {}
  std::string id;  // `jti`
  base::SystemTime happened_at{};
  std::vector<SecurityEvent> events;  // one or more
};

// Why a token is not taken, in the words of RFC 8935 section 2.4.
enum class SecurityEventFault {
  malformed,             // invalid_request: no signed event token
  unknown_key,           // invalid_key
  issuer,                // invalid_issuer
  audience,              // invalid_audience
  signature,             // authentication_failed
  time,                  // invalid_request: without a time, or of the future
  provider_unreachable,  // transient: the keys cannot be had; nothing was judged
};

std::string_view name_of(SecurityEventFault fault);

struct SecurityEventRefusal {
  SecurityEventFault code;
  std::string detail;  // for operators; no secret
};

// What a token must say to be believed. The views live as long as the call.
struct SecurityEventExpectations {
  std::string_view issuer;  // with or without a slash at its end, as in the token
  std::string_view client_id;
  base::SystemTime now;
};

// Judges the payload of a token whose signature was verified. `exp` is not looked at: an event
// stays true (RFC 8417 section 2.2, and Google says so).
base::Result<SecurityEventToken, SecurityEventFault> judge_security_event(
    std::string_view payload, const SecurityEventExpectations& expected);

// Where the issuer publishes how it signs events.
std::string risc_configuration_url(std::string_view issuer);
// The address of the keys. Errc::unavailable when the text is no such document of `issuer`, or
// names keys that are somewhere else.
base::Result<std::string> parse_risc_configuration(std::string_view json, std::string_view issuer);

struct SecurityEventSettings {
  std::string issuer = "https://accounts.google.com";
  std::string client_id;
};

// Reads the events that Google pushes. Configuration and keys are fetched when the first one comes,
// and the keys again for one that none of them verifies, at most once a minute. For the event
// loop's thread; outlives its coroutines.
class SecurityEventReader {
 public:
  SecurityEventReader(SecurityEventSettings settings, http::Client& client,
                      const base::Clock& clock, telemetry::Log& log);
  ~SecurityEventReader();

  using Read = base::Result<SecurityEventToken, SecurityEventRefusal>;
  // `token` and `trace`, that of the request which brought it, outlive the coroutine.
  base::Coroutine<Read> read(std::string_view token, const telemetry::RequestTrace& trace);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::identity
