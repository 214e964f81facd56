// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/security_event.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <optional>
#include <utility>

#include "gatehouse/base/json.h"
#include "gatehouse/crypto/jwt.h"
#include "gatehouse/identity/discovery.h"
#include "gatehouse/identity/document_cache.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::identity {
namespace {

using base::Errc;
using base::Error;
using base::JsonValue;
using namespace std::chrono_literals;
using Kind = SecurityEventKind;
using Fault = SecurityEventFault;
using telemetry::Field;

constexpr auto kClockSkew = 60s;
constexpr std::size_t kSubjectBytesMax = 255;
constexpr std::size_t kIdBytesMax = 255;
constexpr std::size_t kReasonBytesMax = 128;
constexpr std::size_t kEventsMax = 16;
constexpr std::size_t kAudiencesMax = 64;
constexpr std::string_view kGoogleIssuer = "https://accounts.google.com";
constexpr std::string_view kGoogleIssuerWithoutScheme = "accounts.google.com";
constexpr std::string_view kRisc = "https://schemas.openid.net/secevent/risc/event-type/";
constexpr std::string_view kOauth = "https://schemas.openid.net/secevent/oauth/event-type/";

struct KnownType {
  std::string_view family;
  std::string_view name;
  Kind kind;
};
constexpr std::array kKnownTypes = {
    KnownType{kRisc, "sessions-revoked", Kind::sessions_revoked},
    KnownType{kOauth, "tokens-revoked", Kind::tokens_revoked},
    KnownType{kOauth, "token-revoked", Kind::token_revoked},
    KnownType{kRisc, "account-disabled", Kind::account_disabled},
    KnownType{kRisc, "account-enabled", Kind::account_enabled},
    KnownType{kRisc, "account-purged", Kind::account_purged},
    KnownType{kRisc, "account-credential-change-required", Kind::credential_change_required},
    KnownType{kRisc, "verification", Kind::verification},
};

Kind kind_of(std::string_view type) {
  for (const KnownType& known : kKnownTypes) {
    if (type.starts_with(known.family) && type.substr(known.family.size()) == known.name)
      return known.kind;
  }
  return Kind::unknown;
}

std::string_view without_slash(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return issuer;
}

// Google spells its name in three ways: with the slash in events, without it or the scheme in ID
// tokens.
bool is_issuer(std::optional<std::string_view> claim, std::string_view issuer) {
  if (!claim) return false;
  const std::string_view expected = without_slash(issuer);
  if (without_slash(*claim) == expected) return true;
  return expected == kGoogleIssuer && without_slash(*claim) == kGoogleIssuerWithoutScheme;
}

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// Unlike an ID token, an event may be meant for all clients of a project at once.
bool is_audience(const JsonValue& claims, std::string_view client_id) {
  const auto claim = claims.find("aud");
  if (!claim) return false;
  if (claim->is_string()) return claim->as_string() == client_id;
  if (claim->size() > kAudiencesMax) return false;
  return std::ranges::any_of(claim->elements(), [client_id](const JsonValue& element) {
    return element.as_string() == client_id;
  });
}

std::optional<base::SystemTime> time_in(const JsonValue& claims, std::string_view name) {
  constexpr std::int64_t kCalendarEnd = 100'000'000'000;
  const auto seconds = claims.find_integer(name);
  if (!seconds || *seconds <= 0 || *seconds >= kCalendarEnd) return std::nullopt;
  return base::from_epoch_seconds(*seconds);
}

// `toe` says when it happened, `iat` when the token was made, which is never earlier.
std::optional<base::SystemTime> time_of_event(const JsonValue& claims, base::SystemTime now) {
  const auto issued = time_in(claims, "iat");
  if (!issued || *issued > now + kClockSkew) return std::nullopt;
  auto happened = *issued;
  if (claims.find("toe")) {
    const auto told = time_in(claims, "toe");
    if (!told) return std::nullopt;
    happened = std::min(happened, *told);
  }
  return std::min(happened, now);
}

std::string short_text(std::optional<std::string_view> text) {
  if (!text || text->size() > kReasonBytesMax) return {};
  return std::string(*text);
}

// Also of the form `id_token_claims`, which has the same two members. Subjects that are only an
// address or a token name nobody we could look up.
base::UserId user_in(const JsonValue& event, std::string_view issuer) {
  const auto subject = event.find("subject");
  if (!subject || !is_issuer(subject->find_string("iss"), issuer)) return {};
  const auto sub = subject->find_string("sub");
  const bool fits =
      sub && !sub->empty() && sub->size() <= kSubjectBytesMax && is_visible_ascii(*sub);
  return fits ? base::UserId(std::string(*sub)) : base::UserId();
}

SecurityEvent event_in(const base::JsonMember& member, std::string_view issuer) {
  SecurityEvent event;
  event.kind = kind_of(member.name);
  event.user = user_in(member.value, issuer);
  const bool is_test = event.kind == Kind::verification;
  event.reason = short_text(member.value.find_string(is_test ? "state" : "reason"));
  return event;
}

SecurityEventRefusal unreachable(const Error& error) {
  return {Fault::provider_unreachable, error.detail};
}

}  // namespace

std::string_view name_of(SecurityEventKind kind) {
  for (const KnownType& known : kKnownTypes) {
    if (known.kind == kind) return known.name;
  }
  assert(kind == Kind::unknown);
  return "unknown";
}

bool ends_sessions(SecurityEventKind kind) {
  switch (kind) {
    case Kind::sessions_revoked:
    case Kind::tokens_revoked:
    case Kind::account_disabled:
    case Kind::account_purged:
    case Kind::credential_change_required:
      return true;
    case Kind::token_revoked:
    case Kind::account_enabled:
    case Kind::verification:
    case Kind::unknown:
      return false;
  }
  assert(false && "unknown kind");
  return false;
}

std::string_view name_of(SecurityEventFault fault) {
  switch (fault) {
    case Fault::malformed:
      return "no security event token";
    case Fault::unknown_key:
      return "signed with an unknown key";
    case Fault::issuer:
      return "another issuer";
    case Fault::audience:
      return "another audience";
    case Fault::signature:
      return "not signed by the issuer";
    case Fault::time:
      return "without a time, or of the future";
    case Fault::provider_unreachable:
      return "the issuer's keys cannot be had";
  }
  assert(false && "unknown fault");
  return "";
}

base::Result<SecurityEventToken, SecurityEventFault> judge_security_event(
    std::string_view payload, const SecurityEventExpectations& expected) {
  const auto document = base::JsonDocument::parse(payload);
  if (!document || !document->root().is_object()) return Fault::malformed;
  const auto claims = document->root();
  if (!is_issuer(claims.find_string("iss"), expected.issuer)) return Fault::issuer;
  if (!is_audience(claims, expected.client_id)) return Fault::audience;

  const auto id = claims.find_string("jti");
  const bool has_id = id && !id->empty() && id->size() <= kIdBytesMax;
  const auto events = claims.find("events");
  const bool has_events = events && events->is_object() && events->size() > 0;
  if (!has_id || !has_events || events->size() > kEventsMax) return Fault::malformed;
  const auto happened_at = time_of_event(claims, expected.now);
  if (!happened_at) return Fault::time;

  SecurityEventToken token;
  token.id = std::string(*id);
  token.happened_at = *happened_at;
  for (const base::JsonMember& member : events->members()) {
    token.events.push_back(event_in(member, expected.issuer));
  }
  return token;
}

std::string risc_configuration_url(std::string_view issuer) {
  return std::string(without_slash(issuer)) + "/.well-known/risc-configuration";
}

base::Result<std::string> parse_risc_configuration(std::string_view json, std::string_view issuer) {
  const auto refused = [](std::string_view why) {
    return Error{Errc::unavailable, "RISC configuration refused: " + std::string(why)};
  };
  const auto document = base::JsonDocument::parse(json);
  if (!document) return refused(document.error().detail);
  const auto root = document->root();
  if (!is_issuer(root.find_string("issuer"), issuer)) return refused("it is another issuer's");
  const auto keys = root.find_string("jwks_uri");
  if (!keys || !is_endpoint_of(issuer, *keys)) return refused("jwks_uri");
  return std::string(*keys);
}

class SecurityEventReader::Impl {
 public:
  Impl(SecurityEventSettings settings, http::Client& client, const base::Clock& clock,
       telemetry::Log& log)
      : settings_(std::move(settings)),
        clock_(clock),
        log_(log),
        configuration_(client, clock, {},
                       [this](std::string_view json) {
                         return parse_risc_configuration(json, settings_.issuer);
                       }),
        keys_(client, clock, {},
              [](std::string_view json) { return crypto::JwkSet::parse(json); }) {}

  base::Coroutine<Read> read(std::string_view token, const telemetry::RequestTrace& trace) {
    auto payload = co_await verified_payload(token, trace);
    if (!payload) co_return payload.error();
    const SecurityEventExpectations expected{settings_.issuer, settings_.client_id, clock_.now()};
    auto judged = judge_security_event(*payload, expected);
    if (!judged) {
      const SecurityEventRefusal refusal{judged.error(), std::string(name_of(judged.error()))};
      co_return refusal;
    }
    co_return std::move(*judged);
  }

 private:
  using Payload = base::Result<std::string, SecurityEventRefusal>;

  static SecurityEventRefusal refusal_of(const Error& error) {
    switch (error.code) {
      case Errc::not_found:
        return {Fault::unknown_key, error.detail};
      case Errc::denied:
        return {Fault::signature, error.detail};
      default:
        return {Fault::malformed, error.detail};
    }
  }

  // Keys that were fetched a moment ago for another token may miss the one of this token, and what
  // is refused for good does not come again.
  static SecurityEventRefusal doubtful(const Error& error) {
    if (error.code != Errc::not_found) return refusal_of(error);
    return {Fault::provider_unreachable, "its key is unknown, and keys were just fetched"};
  }

  // A key set that does not verify the token may be out of date, so it is fetched once more; the
  // cache bounds how often.
  base::Coroutine<Payload> verified_payload(std::string_view token,
                                            const telemetry::RequestTrace& trace) {
    const auto where = risc_configuration_url(settings_.issuer);
    auto url = co_await configuration_.get(where, trace);
    if (!url) co_return unreachable(url.error());
    auto keys = co_await keys_.get(**url, trace);
    if (!keys) co_return unreachable(keys.error());
    auto payload = (*keys)->verify(token);
    if (payload) co_return *std::move(payload);
    if (payload.error().code == Errc::invalid_argument) co_return refusal_of(payload.error());

    auto newer = co_await keys_.get_other_than(**url, *keys, trace);
    if (!newer) co_return unreachable(newer.error());
    if (*newer == *keys) co_return doubtful(payload.error());
    telemetry::TracedLog(log_, trace)
        .info("event keys fetched again",
              {{Field::count, static_cast<std::int64_t>((*newer)->size())}});
    payload = (*newer)->verify(token);
    if (payload) co_return *std::move(payload);
    co_return refusal_of(payload.error());
  }

  SecurityEventSettings settings_;
  const base::Clock& clock_;
  telemetry::Log& log_;
  DocumentCache<std::string> configuration_;
  DocumentCache<crypto::JwkSet> keys_;
};

SecurityEventReader::SecurityEventReader(SecurityEventSettings settings, http::Client& client,
                                         const base::Clock& clock, telemetry::Log& log)
    : impl_(std::make_unique<Impl>(std::move(settings), client, clock, log)) {}

SecurityEventReader::~SecurityEventReader() = default;

base::Coroutine<SecurityEventReader::Read> SecurityEventReader::read(
    std::string_view token, const telemetry::RequestTrace& trace) {
  return impl_->read(token, trace);
}

}  // namespace gatehouse::identity
