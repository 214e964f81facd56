// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/crypto/jwt.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"

namespace gatehouse::crypto {
namespace {

using base::Errc;
using base::Error;
using base::JsonDocument;
using base::JsonValue;
using base::Result;

constexpr std::size_t kJwsBytesMax = 16 * 1024;
constexpr std::size_t kSetBytesMax = 256 * 1024;
constexpr std::size_t kKeysMax = 64;
constexpr std::size_t kKidBytesMax = 256;
constexpr std::size_t kRsaModulusBytesMin = 2048 / 8;
constexpr std::size_t kRsaModulusBytesMax = 8192 / 8;  // verification slows down with the square
constexpr std::size_t kRsaExponentBytesMax = 8;
constexpr std::size_t kP256Bytes = 32;
constexpr std::ptrdiff_t kUnnamedTriesMax = 4;

enum class Algorithm { rs256, es256 };

std::optional<Algorithm> algorithm_named(std::string_view name) {
  if (name == "RS256") return Algorithm::rs256;
  if (name == "ES256") return Algorithm::es256;
  return std::nullopt;
}

struct Release {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using KeyHandle = std::unique_ptr<cjose_jwk_t, Release>;
using JwsHandle = std::unique_ptr<cjose_jws_t, Release>;

struct Key {
  std::string kid;
  Algorithm algorithm;
  std::size_t signature_bytes;
  KeyHandle handle;
};

std::uint8_t* mutable_bytes(std::string& text) {
  return reinterpret_cast<std::uint8_t*>(text.data());
}

// A number of a JWK as bytes without leading zeros.
std::optional<std::string> find_number(const JsonValue& jwk, std::string_view name) {
  const std::optional<std::string_view> text = jwk.find_string(name);
  if (!text) return std::nullopt;
  std::optional<std::string> bytes = base::base64url_decode(*text);
  if (!bytes) return std::nullopt;
  bytes->erase(0, bytes->find_first_not_of('\0'));
  return bytes;
}

std::optional<Key> rsa_key(const JsonValue& jwk) {
  std::optional<std::string> modulus = find_number(jwk, "n");
  std::optional<std::string> exponent = find_number(jwk, "e");
  if (!modulus || !exponent) return std::nullopt;
  if (modulus->size() < kRsaModulusBytesMin || modulus->size() > kRsaModulusBytesMax) {
    return std::nullopt;
  }
  const bool is_odd = !exponent->empty() && (exponent->back() & 1) != 0;
  if (!is_odd || *exponent == "\x01" || exponent->size() > kRsaExponentBytesMax) {
    return std::nullopt;
  }
  cjose_jwk_rsa_keyspec spec{};
  spec.n = mutable_bytes(*modulus);
  spec.nlen = modulus->size();
  spec.e = mutable_bytes(*exponent);
  spec.elen = exponent->size();
  cjose_err failure{};
  KeyHandle handle(cjose_jwk_create_RSA_spec(&spec, &failure));
  if (handle == nullptr) return std::nullopt;
  return Key{{}, Algorithm::rs256, modulus->size(), std::move(handle)};
}

std::optional<std::string> find_coordinate(const JsonValue& jwk, std::string_view name) {
  const std::optional<std::string_view> text = jwk.find_string(name);
  if (!text) return std::nullopt;
  std::optional<std::string> bytes = base::base64url_decode(*text);
  if (!bytes || bytes->size() != kP256Bytes) return std::nullopt;
  return bytes;
}

// A point that is not on the curve is refused by OpenSSL below cjose.
std::optional<Key> ec_key(const JsonValue& jwk) {
  if (jwk.find_string("crv") != "P-256") return std::nullopt;
  std::optional<std::string> x = find_coordinate(jwk, "x");
  std::optional<std::string> y = find_coordinate(jwk, "y");
  if (!x || !y) return std::nullopt;
  cjose_jwk_ec_keyspec spec{};
  spec.crv = CJOSE_JWK_EC_P_256;
  spec.x = mutable_bytes(*x);
  spec.xlen = x->size();
  spec.y = mutable_bytes(*y);
  spec.ylen = y->size();
  cjose_err failure{};
  KeyHandle handle(cjose_jwk_create_EC_spec(&spec, &failure));
  if (handle == nullptr) return std::nullopt;
  return Key{{}, Algorithm::es256, 2 * kP256Bytes, std::move(handle)};
}

bool is_for_verifying(const JsonValue& jwk) {
  if (jwk.find("use") && jwk.find_string("use") != "sig") return false;
  const std::optional<JsonValue> operations = jwk.find("key_ops");
  if (!operations) return true;
  for (const JsonValue& operation : operations->elements()) {
    if (operation.as_string() == "verify") return true;
  }
  return false;
}

// nullopt for every key that cannot check one of our two signatures; RFC 7517 section 5 says to
// pass over those.
std::optional<Key> key_of(const JsonValue& jwk, KeyNames names) {
  const bool is_named = jwk.find("kid").has_value();
  const std::string_view kid = jwk.find_string("kid").value_or("");
  if (kid.size() > kKidBytesMax) return std::nullopt;
  if (kid.empty() && (is_named || names == KeyNames::required)) return std::nullopt;
  if (!is_for_verifying(jwk)) return std::nullopt;
  const std::optional<std::string_view> kty = jwk.find_string("kty");
  std::optional<Key> key;
  if (kty == "RSA") key = rsa_key(jwk);
  if (kty == "EC") key = ec_key(jwk);
  if (!key) return std::nullopt;
  if (jwk.find("alg") && algorithm_named(jwk.find_string("alg").value_or("")) != key->algorithm) {
    return std::nullopt;
  }
  key->kid = kid;
  return key;
}

struct JwsParts {
  std::string header;
  std::string signature;
};

std::optional<JwsParts> split(std::string_view jws) {
  const std::size_t first = jws.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = jws.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  // A third dot is no base64url, so it fails below.
  std::optional<std::string> header = base::base64url_decode(jws.substr(0, first));
  const std::optional<std::string> payload =
      base::base64url_decode(jws.substr(first + 1, second - first - 1));
  std::optional<std::string> signature = base::base64url_decode(jws.substr(second + 1));
  if (!header || !payload || !signature || header->empty()) return std::nullopt;
  return JwsParts{std::move(*header), std::move(*signature)};
}

struct JwsHeader {
  std::string kid;  // empty when it names no key
  Algorithm algorithm;
  std::string type;
};

Result<JwsHeader> read_header(std::string_view text, KeyNames names) {
  base::JsonLimits limits;
  limits.depth_max = 8;
  const auto parsed = JsonDocument::parse(text, limits);
  if (!parsed || !parsed->root().is_object()) {
    return Error{Errc::invalid_argument, "JWS header is no JSON object"};
  }
  const JsonValue header = parsed->root();
  // RFC 7515 section 4.1.11: we understand no extension, so a critical one refuses the token. `b64`
  // (RFC 7797) changes what is signed and must be critical; without that it is a trap.
  if (header.find("crit") || header.find("b64")) {
    return Error{Errc::denied, "JWS header has critical extensions"};
  }
  const auto algorithm = algorithm_named(header.find_string("alg").value_or(""));
  if (!algorithm) return Error{Errc::denied, "JWS algorithm is neither RS256 nor ES256"};
  const bool is_named = header.find("kid").has_value();
  const std::string_view kid = header.find_string("kid").value_or("");
  if (kid.empty() && (is_named || names == KeyNames::required)) {
    return Error{Errc::denied, "JWS header names no key"};
  }
  const std::string_view type = header.find_string("typ").value_or("");
  return JwsHeader{std::string(kid), *algorithm, std::string(type)};
}

Result<std::string> verify_with(const Key& key, const JwsParts& parts, std::string_view jws_text) {
  if (parts.signature.size() != key.signature_bytes) {
    return Error{Errc::denied, "JWS signature has the wrong size"};
  }
  cjose_err failure{};
  const JwsHandle jws(cjose_jws_import(jws_text.data(), jws_text.size(), &failure));
  if (jws == nullptr) return Error{Errc::denied, "JWS is refused by the library"};
  if (!cjose_jws_verify(jws.get(), key.handle.get(), &failure)) {
    return Error{Errc::denied, "JWS signature does not match"};
  }
  std::uint8_t* payload = nullptr;
  std::size_t payload_bytes = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &payload, &payload_bytes, &failure)) {
    return Error{Errc::denied, "JWS has no payload"};
  }
  return std::string(reinterpret_cast<const char*>(payload), payload_bytes);
}

}  // namespace

struct JwkSet::Keys {
  std::vector<Key> keys;
  KeyNames names = KeyNames::required;

  Result<std::string> verify_by_name(const JwsHeader& header, const JwsParts& parts,
                                     std::string_view jws) const {
    const Key* chosen = nullptr;
    for (const Key& key : keys) {
      if (key.kid == header.kid && key.algorithm == header.algorithm) chosen = &key;
    }
    if (chosen == nullptr) return Error{Errc::denied, "JWS algorithm does not fit its key"};
    return verify_with(*chosen, parts, jws);
  }

  Result<std::string> verify_by_trying(const JwsHeader& header, const JwsParts& parts,
                                       std::string_view jws) const {
    const auto fits = [&header](const Key& key) { return key.algorithm == header.algorithm; };
    if (std::ranges::count_if(keys, fits) > kUnnamedTriesMax) {
      return Error{Errc::denied, "JWS header names no key, and the set has many"};
    }
    for (const Key& key : keys) {
      if (!fits(key)) continue;
      auto payload = verify_with(key, parts, jws);
      if (payload) return payload;
    }
    return Error{Errc::denied, "JWS signature matches no key"};
  }
};

JwkSet::JwkSet(std::unique_ptr<Keys> keys) : keys_(std::move(keys)) {}
JwkSet::JwkSet(JwkSet&&) noexcept = default;
JwkSet& JwkSet::operator=(JwkSet&&) noexcept = default;
JwkSet::~JwkSet() = default;

Result<JwkSet> JwkSet::parse(std::string_view json, KeyNames names) {
  if (json.size() > kSetBytesMax) return Error{Errc::invalid_argument, "JWK set is too large"};
  const auto parsed = JsonDocument::parse(json);
  if (!parsed) return parsed.error();
  const std::optional<JsonValue> listed = parsed->root().find("keys");
  if (!listed || !listed->is_array()) return Error{Errc::invalid_argument, "no JWK set"};
  if (listed->size() > kKeysMax) return Error{Errc::invalid_argument, "JWK set has too many keys"};
  auto keys = std::make_unique<Keys>();
  keys->names = names;
  for (const JsonValue& jwk : listed->elements()) {
    std::optional<Key> key = key_of(jwk, names);
    if (key) keys->keys.push_back(std::move(*key));
  }
  return JwkSet(std::move(keys));
}

bool JwkSet::has_key(std::string_view kid) const {
  for (const Key& key : keys_->keys) {
    if (key.kid == kid) return true;
  }
  return false;
}

std::size_t JwkSet::size() const { return keys_->keys.size(); }

Result<std::string> JwkSet::verify(std::string_view compact_jws) const {
  auto verified = verify_typed(compact_jws);
  if (!verified) return verified.error();
  return std::move(verified->payload);
}

Result<VerifiedJws> JwkSet::verify_typed(std::string_view compact_jws) const {
  if (compact_jws.size() > kJwsBytesMax) return Error{Errc::invalid_argument, "JWS is too large"};
  const std::optional<JwsParts> parts = split(compact_jws);
  if (!parts) return Error{Errc::invalid_argument, "not a compact JWS"};
  const auto header = read_header(parts->header, keys_->names);
  if (!header) return header.error();
  const bool is_named = !header->kid.empty();
  if (is_named && !has_key(header->kid)) return Error{Errc::not_found, "JWS key is unknown"};
  auto payload = is_named ? keys_->verify_by_name(*header, *parts, compact_jws)
                          : keys_->verify_by_trying(*header, *parts, compact_jws);
  if (!payload) return payload.error();
  VerifiedJws verified;
  verified.type = header->type;
  verified.payload = std::move(*payload);
  return verified;
}

}  // namespace gatehouse::crypto
