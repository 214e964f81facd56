// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/identity_assertion.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/oauth/resource.h"

namespace gatehouse::oauth {
namespace {

using base::JsonValue;
using namespace std::chrono_literals;

constexpr auto kClockSkew = 60s;
// Providers give them minutes; longer ones would only be stolen longer.
constexpr auto kLifetimeMax = 1h;
constexpr std::size_t kAssertionBytesMax = 16 * 1024;
constexpr std::size_t kTextBytesMax = 256;
constexpr std::size_t kEmailBytesMax = 254;

// Scopes of the sign-in at the provider, which some put into every assertion.
constexpr std::string_view kSignInScopes[] = {kHarmlessScope, "openid", "profile", "email"};

Rejection fault(std::string description) { return {Reason::invalid_grant, std::move(description)}; }

std::optional<base::JsonDocument> read_object(std::string_view text) {
  base::JsonLimits limits;
  limits.depth_max = 8;
  auto document = base::JsonDocument::parse(text, limits);
  if (!document || !document->root().is_object()) return std::nullopt;
  return *std::move(document);
}

// A text that has to be there, empty when it is not or is too long.
std::string short_text(const JsonValue& claims, std::string_view name) {
  const std::string_view text = claims.find_string(name).value_or("");
  return text.size() <= kTextBytesMax ? std::string(text) : std::string();
}

// Our issuer, or a list of nothing else (section 4.4.1).
bool is_for_us(const AuthorizationServerSettings& settings, const JsonValue& claims) {
  const auto audience = claims.find("aud");
  if (!audience) return false;
  if (audience->is_string()) return audience->as_string() == settings.issuer();
  const std::vector<JsonValue> names = audience->elements();
  return names.size() == 1 && names.front().as_string() == settings.issuer();
}

// May be left out: we have one resource. A list may name others besides.
bool names_our_resource(const AuthorizationServerSettings& settings, const JsonValue& claims) {
  const auto resource = claims.find("resource");
  if (!resource) return true;
  const auto is_ours = [&settings](const JsonValue& name) {
    return canonical_resource(settings, name.as_string().value_or("")).has_value();
  };
  if (resource->is_string()) return is_ours(*resource);
  const std::vector<JsonValue> names = resource->elements();
  return std::any_of(names.begin(), names.end(), is_ours);
}

bool is_address(std::string_view text) {
  const bool is_visible =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  const std::size_t at = text.find('@');
  return is_visible && text.size() <= kEmailBytesMax && at != std::string_view::npos && at > 0 &&
         at + 1 < text.size();
}

// Providers that verify none say nothing; one that says it did not is believed.
bool is_unverified(const JsonValue& claims) {
  const auto verified = claims.find("email_verified");
  if (!verified || verified->as_string() == "true") return false;
  return claims.find_bool("email_verified") != true;
}

std::optional<base::SystemTime> find_time(const JsonValue& claims, std::string_view name) {
  const auto seconds = claims.find_integer(name);
  if (!seconds || *seconds <= 0 || *seconds >= 100'000'000'000) return std::nullopt;
  return base::from_epoch_seconds(*seconds);
}

std::optional<Rejection> time_fault(const JsonValue& claims, base::SystemTime now) {
  const auto issued = find_time(claims, "iat");
  const auto expires = find_time(claims, "exp");
  if (!issued || !expires) return fault("iat or exp is missing or no number of seconds");
  if (*issued > now + kClockSkew) return fault("iat is in the future");
  if (*expires + kClockSkew <= now) return fault("it has expired");
  if (*expires > now + kLifetimeMax + kClockSkew) return fault("exp is more than an hour ahead");
  if (!claims.find("nbf")) return std::nullopt;
  const auto begins = find_time(claims, "nbf");
  if (!begins || *begins > now + kClockSkew) return fault("nbf is in the future");
  return std::nullopt;
}

// nullopt in the result: it sets no limit. What is not offered here is refused rather than left
// out, so that nobody takes less for what was allowed.
Judged<std::optional<Scopes>> scopes_of(const AuthorizationServerSettings& settings,
                                        const JsonValue& claims) {
  if (!claims.find("scope")) return std::optional<Scopes>();
  auto scopes = parse_scope(claims.find_string("scope").value_or("\""));
  if (!scopes) return Rejection{Reason::invalid_scope, "the scope of the assertion is malformed"};
  for (const std::string_view scope : kSignInScopes) std::erase(*scopes, scope);
  const Scopes beyond = difference(*scopes, settings.scopes_supported);
  if (!beyond.empty()) {
    return Rejection{Reason::invalid_scope, "the assertion allows what is not offered here: " +
                                                join_scopes(beyond).substr(0, kTextBytesMax)};
  }
  if (scopes->empty()) {
    return Rejection{Reason::invalid_scope, "the assertion allows nothing that is offered here"};
  }
  return std::optional<Scopes>(*std::move(scopes));
}

}  // namespace

std::optional<std::string> read_assertion_issuer(std::string_view assertion) {
  if (assertion.size() > kAssertionBytesMax) return std::nullopt;
  const std::size_t first = assertion.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = assertion.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto text = base::base64url_decode(assertion.substr(first + 1, second - first - 1));
  const auto claims = text ? read_object(*text) : std::nullopt;
  if (!claims) return std::nullopt;
  return std::string(claims->root().find_string("iss").value_or(""));
}

Judged<IdentityAssertion> judge_identity_assertion(const AuthorizationServerSettings& settings,
                                                   const crypto::VerifiedJws& verified,
                                                   std::string_view issuer, base::SystemTime now) {
  if (!base::equal_ignoring_case(verified.type, kIdentityAssertionType)) {
    return fault("typ of its header is not " + std::string(kIdentityAssertionType));
  }
  const auto document = read_object(verified.payload);
  if (!document) return fault("its claims are no JSON object");
  const JsonValue claims = document->root();
  if (claims.find_string("iss") != issuer) return fault("iss is not whose key signed it");
  if (!is_for_us(settings, claims)) {
    return fault("aud is not " + settings.issuer() + " and nothing else");
  }
  if (const auto wrong = time_fault(claims, now)) return *wrong;
  IdentityAssertion judged;
  judged.issuer = std::string(issuer);
  judged.tenant = short_text(claims, "tenant");
  judged.subject = short_text(claims, "sub");
  judged.client_id = std::string(claims.find_string("client_id").value_or(""));
  judged.id = short_text(claims, "jti");
  if (claims.find("tenant") && judged.tenant.empty()) return fault("tenant is no short text");
  if (judged.subject.empty()) return fault("sub is missing or longer than 256 bytes");
  if (judged.client_id.empty()) return fault("client_id is missing");
  if (judged.id.empty()) return fault("jti is missing or longer than 256 bytes");
  judged.email = std::string(claims.find_string("email").value_or(""));
  if (!is_address(judged.email)) return fault("email is missing or no address");
  if (is_unverified(claims)) return fault("email_verified is not true");
  if (!names_our_resource(settings, claims)) return fault("resource is not " + settings.resource());
  auto scopes = scopes_of(settings, claims);
  if (!scopes) return scopes.error();
  judged.scopes = *std::move(scopes);
  judged.acceptable_until = *find_time(claims, "exp") + kClockSkew;
  return judged;
}

std::string asserted_subject(const IdentityAssertion& assertion) {
  // Each part hashed, so that no two lists of parts read the same.
  std::string parts;
  for (const std::string& part : {assertion.issuer, assertion.tenant, assertion.subject,
                                  base::to_lower_ascii(assertion.email)}) {
    parts += crypto::view(crypto::sha256(part));
  }
  return "id-jag " + base::base64url_encode(crypto::view(crypto::sha256(parts)));
}

}  // namespace gatehouse::oauth
