// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_assertion.h"

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"

namespace gatehouse::oauth {
namespace {

using base::JsonValue;
using namespace std::chrono_literals;

constexpr auto kClockSkew = 60s;
constexpr auto kLifetimeMax = 10min;
constexpr std::size_t kAssertionBytesMax = 16 * 1024;
constexpr std::size_t kIdBytesMax = 256;

Rejection fault(std::string description) {
  return {Reason::invalid_client, "client_assertion: " + std::move(description)};
}

std::optional<base::JsonDocument> read_object(std::string_view text) {
  base::JsonLimits limits;
  limits.depth_max = 8;
  auto document = base::JsonDocument::parse(text, limits);
  if (!document || !document->root().is_object()) return std::nullopt;
  return *std::move(document);
}

std::optional<base::JsonDocument> read_part(std::string_view part) {
  const auto text = base::base64url_decode(part);
  return text ? read_object(*text) : std::nullopt;
}

// One of our two names, or a list of nothing but them: an assertion meant for somebody besides
// could be shown to us by them.
bool is_meant_for_us(const AuthorizationServerSettings& settings, const JsonValue& claims) {
  const auto is_ours = [&settings](const JsonValue& name) {
    return name.as_string() == settings.issuer() || name.as_string() == settings.token_endpoint();
  };
  const auto audience = claims.find("aud");
  if (!audience) return false;
  if (audience->is_string()) return is_ours(*audience);
  const std::vector<JsonValue> names = audience->elements();
  for (const JsonValue& name : names) {
    if (!is_ours(name)) return false;
  }
  return !names.empty();
}

bool is_in_calendar(std::int64_t seconds) { return seconds > 0 && seconds < 100'000'000'000; }

// A time that may be left out, but not be later than now.
bool has_begun(const JsonValue& claims, const char* member, base::SystemTime now) {
  if (!claims.find(member)) return true;
  const auto seconds = claims.find_integer(member);
  return seconds && is_in_calendar(*seconds) &&
         base::from_epoch_seconds(*seconds) <= now + kClockSkew;
}

std::optional<Rejection> time_fault(const JsonValue& claims, base::SystemTime now) {
  const auto exp = claims.find_integer("exp");
  if (!exp || !is_in_calendar(*exp)) return fault("exp is missing or no number of seconds");
  const base::SystemTime expires = base::from_epoch_seconds(*exp);
  if (expires + kClockSkew <= now) return fault("it has expired; sign a fresh one");
  if (expires > now + kLifetimeMax + kClockSkew) {
    return fault("exp must be at most ten minutes ahead");
  }
  for (const char* member : {"nbf", "iat"}) {
    if (!has_begun(claims, member, now)) {
      return fault(std::string(member) + " is in the future or no number of seconds");
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<AssertionHead> read_assertion_head(std::string_view assertion) {
  if (assertion.size() > kAssertionBytesMax) return std::nullopt;
  const std::size_t first = assertion.find('.');
  const std::size_t second = assertion.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto header = read_part(assertion.substr(0, first));
  const auto claims = read_part(assertion.substr(first + 1, second - first - 1));
  if (!header || !claims) return std::nullopt;
  AssertionHead head;
  head.subject = claims->root().find_string("sub").value_or("");
  head.algorithm = header->root().find_string("alg").value_or("");
  return head;
}

Judged<AssertionClaims> judge_client_assertion(const AuthorizationServerSettings& settings,
                                               std::string_view text, std::string_view client_id,
                                               base::SystemTime now) {
  const auto document = read_object(text);
  if (!document) return fault("its claims are no JSON object");
  const JsonValue claims = document->root();
  if (claims.find_string("iss") != client_id || claims.find_string("sub") != client_id) {
    return fault("iss and sub must both be the client_id");
  }
  if (!is_meant_for_us(settings, claims)) {
    return fault("aud must be " + settings.issuer() + " and nothing else");
  }
  if (const auto wrong = time_fault(claims, now)) return *wrong;
  const auto id = claims.find_string("jti");
  if (!id || id->empty() || id->size() > kIdBytesMax) {
    return fault("jti is missing or longer than 256 bytes");
  }
  AssertionClaims judged;
  judged.id = *id;
  judged.acceptable_until = base::from_epoch_seconds(*claims.find_integer("exp")) + kClockSkew;
  return judged;
}

}  // namespace gatehouse::oauth
