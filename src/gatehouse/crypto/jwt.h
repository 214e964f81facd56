// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::crypto {

// Whether keys and signatures must name a key (`kid`). Signers with few keys may leave that out
// (OpenID Connect Core section 10.1).
enum class KeyNames { required, optional };

// A JWS whose signature fits.
struct VerifiedJws {
  VerifiedJws() {}
  std::string type;  // `typ` of its header, as it stands there; empty without one
  std::string payload;
};

// A JWK set (RFC 7517) ready to verify with. Keys of other types or uses than RS256/ES256 signing
// are skipped.
class JwkSet {
 public:
  // Errc::invalid_argument when it is no JWK set. Keys without a name are skipped when names are
  // required.
  static base::Result<JwkSet> parse(std::string_view json, KeyNames names = KeyNames::required);
  bool has_key(std::string_view kid) const;
  std::size_t size() const;

  // Verifies a compact JWS (RFC 7515) signed with RS256 or ES256 by the key its `kid` names and
  // returns the payload text. Errc::not_found: no such kid. Errc::denied: bad signature, another
  // algorithm (also `none` and HS256), a `crit` header. Errc::invalid_argument: not a compact JWS,
  // or over 16 KB. Where names are optional, a JWS without one is tried with each key of its
  // algorithm, when they are four at most.
  base::Result<std::string> verify(std::string_view compact_jws) const;
  // The same, for whoever is told kinds of JWT apart by their type (RFC 8725 section 3.11).
  base::Result<VerifiedJws> verify_typed(std::string_view compact_jws) const;

  JwkSet(JwkSet&&) noexcept;
  JwkSet& operator=(JwkSet&&) noexcept;
  ~JwkSet();

 private:
  struct Keys;
  explicit JwkSet(std::unique_ptr<Keys> keys);
  std::unique_ptr<Keys> keys_;
};

}  // namespace gatehouse::crypto
