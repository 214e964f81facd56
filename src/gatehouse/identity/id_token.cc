// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/id_token.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <optional>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::identity {
namespace {

using base::JsonValue;
using namespace std::chrono_literals;
using Verdict = std::optional<IdTokenFault>;

constexpr auto kClockSkew = 60s;
constexpr auto kLifetimeMax = 24h;
constexpr std::size_t kSubjectBytesMax = 255;  // OpenID Connect Core 1.0 section 2
constexpr std::size_t kEmailBytesMax = 320;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kDomainBytesMax = 253;
constexpr std::string_view kGoogleIssuer = "https://accounts.google.com";
constexpr std::string_view kGoogleIssuerWithoutScheme = "accounts.google.com";

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_issuer(std::optional<std::string_view> claim, std::string_view issuer) {
  if (!claim) return false;
  return *claim == issuer || (issuer == kGoogleIssuer && *claim == kGoogleIssuerWithoutScheme);
}

// A token for us and somebody else besides is not for us.
bool is_audience(const JsonValue& claims, std::string_view client_id) {
  const auto claim = claims.find("aud");
  if (!claim) return false;
  if (claim->is_string()) return claim->as_string() == client_id;
  const auto elements = claim->elements();
  return elements.size() == 1 && elements.front().as_string() == client_id;
}

Verdict judge_party(const JsonValue& claims, const IdTokenExpectations& expected) {
  if (!is_issuer(claims.find_string("iss"), expected.issuer)) return IdTokenFault::issuer;
  if (!is_audience(claims, expected.client_id)) return IdTokenFault::audience;
  if (claims.find("azp") && claims.find_string("azp") != expected.client_id) {
    return IdTokenFault::authorized_party;
  }
  return std::nullopt;
}

Verdict judge_time(const JsonValue& claims, base::SystemTime now) {
  const auto exp = claims.find_integer("exp");
  const auto iat = claims.find_integer("iat");
  const auto in_calendar = [](std::int64_t seconds) {
    return seconds > 0 && seconds < 100'000'000'000;
  };
  if (!exp || !iat || !in_calendar(*exp) || !in_calendar(*iat)) return IdTokenFault::lifetime;
  const auto expires = base::from_epoch_seconds(*exp);
  const auto issued = base::from_epoch_seconds(*iat);
  if (expires + kClockSkew <= now) return IdTokenFault::expired;
  if (issued > now + kClockSkew) return IdTokenFault::issued_in_future;
  if (expires <= issued || expires - issued > kLifetimeMax) return IdTokenFault::lifetime;
  return std::nullopt;
}

bool is_nonce(const JsonValue& claims, std::string_view nonce) {
  const auto claim = claims.find_string("nonce");
  return claim && !nonce.empty() && base::equal_in_constant_time(*claim, nonce);
}

Verdict judge_email(const JsonValue& claims) {
  const auto email = claims.find_string("email");
  const bool has_shape = email && !email->empty() && email->size() <= kEmailBytesMax &&
                         is_visible_ascii(*email) && email->find('@') != std::string_view::npos;
  if (!has_shape) return IdTokenFault::email;
  if (claims.find_bool("email_verified") != true) return IdTokenFault::email_unverified;
  return std::nullopt;
}

// The `hd` claim alone decides; the domain of the address says nothing about who manages the
// account.
Verdict judge_domain(std::string_view domain, const std::vector<std::string>& allowed) {
  if (std::ranges::find(allowed, "*") != allowed.end()) return std::nullopt;
  if (domain.empty()) return IdTokenFault::no_domain;
  if (std::ranges::find(allowed, domain) == allowed.end()) return IdTokenFault::wrong_domain;
  return std::nullopt;
}

bool is_subject(std::optional<std::string_view> claim) {
  return claim && !claim->empty() && claim->size() <= kSubjectBytesMax && is_visible_ascii(*claim);
}

std::string name_in(const JsonValue& claims) {
  const auto name = claims.find_string("name").value_or("");
  return std::string(name.size() <= kNameBytesMax ? name : std::string_view());
}

}  // namespace

std::string_view name_of(IdTokenFault fault) {
  switch (fault) {
    case IdTokenFault::not_an_object:
      return "not a JSON object";
    case IdTokenFault::issuer:
      return "another issuer";
    case IdTokenFault::audience:
      return "another audience";
    case IdTokenFault::authorized_party:
      return "another authorized party";
    case IdTokenFault::expired:
      return "expired";
    case IdTokenFault::issued_in_future:
      return "issued in the future";
    case IdTokenFault::lifetime:
      return "no sensible lifetime";
    case IdTokenFault::nonce:
      return "another nonce";
    case IdTokenFault::subject:
      return "no subject";
    case IdTokenFault::email:
      return "no address";
    case IdTokenFault::email_unverified:
      return "address not verified";
    case IdTokenFault::no_domain:
      return "no hosted domain";
    case IdTokenFault::wrong_domain:
      return "another hosted domain";
  }
  assert(false && "unknown fault");
  return "";
}

Refusal refusal_of(IdTokenFault fault) {
  switch (fault) {
    case IdTokenFault::not_an_object:
    case IdTokenFault::issuer:
    case IdTokenFault::audience:
    case IdTokenFault::authorized_party:
    case IdTokenFault::expired:
    case IdTokenFault::issued_in_future:
    case IdTokenFault::lifetime:
    case IdTokenFault::subject:
    case IdTokenFault::email:
      return Refusal::token_invalid;
    case IdTokenFault::nonce:
      return Refusal::nonce_mismatch;
    case IdTokenFault::email_unverified:
      return Refusal::email_unverified;
    case IdTokenFault::no_domain:
      return Refusal::no_domain;
    case IdTokenFault::wrong_domain:
      return Refusal::wrong_domain;
  }
  assert(false && "unknown fault");
  return Refusal::token_invalid;
}

base::Result<Person, IdTokenFault> judge_id_token(std::string_view payload,
                                                  const IdTokenExpectations& expected) {
  const auto document = base::JsonDocument::parse(payload);
  if (!document || !document->root().is_object()) return IdTokenFault::not_an_object;
  const auto claims = document->root();

  if (const auto fault = judge_party(claims, expected)) return *fault;
  if (const auto fault = judge_time(claims, expected.now)) return *fault;
  if (!is_nonce(claims, expected.nonce)) return IdTokenFault::nonce;
  if (!is_subject(claims.find_string("sub"))) return IdTokenFault::subject;
  if (const auto fault = judge_email(claims)) return *fault;
  const auto domain = base::to_lower_ascii(claims.find_string("hd").value_or(""));
  if (domain.size() > kDomainBytesMax) return IdTokenFault::wrong_domain;
  if (const auto fault = judge_domain(domain, expected.allowed_domains)) return *fault;

  Person person;
  person.user = base::UserId(std::string(*claims.find_string("sub")));
  person.email = std::string(*claims.find_string("email"));
  person.name = name_in(claims);
  person.domain = domain;
  return person;
}

}  // namespace gatehouse::identity
