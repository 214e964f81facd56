// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>
#include <string>

#include "gatehouse/base/encoding.h"

namespace gatehouse::oauth {

// For tests: a key with which a client signs, made and used by OpenSSL.
class ClientTestKey {
 public:
  enum class Kind { rsa, ec };

  ClientTestKey(Kind kind, std::string kid)
      : kind_(kind),
        kid_(std::move(kid)),
        key_(kind == Kind::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), EVP_PKEY_free) {}

  std::string algorithm() const { return kind_ == Kind::rsa ? "RS256" : "ES256"; }

  // The public half; without a name when the key has none.
  std::string jwk() const {
    const std::string name = kid_.empty() ? "" : R"("kid":")" + kid_ + R"(",)";
    if (kind_ == Kind::rsa) {
      return "{" + name + R"("kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N, 0) + R"(","e":")" +
             number(OSSL_PKEY_PARAM_RSA_E, 0) + R"("})";
    }
    return "{" + name + R"("kty":"EC","crv":"P-256","x":")" +
           number(OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateBytes) + R"(","y":")" +
           number(OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateBytes) + R"("})";
  }
  std::string jwks() const { return R"({"keys":[)" + jwk() + "]}"; }

  std::string sign(const std::string& claims) const {
    const std::string name = kid_.empty() ? "" : R"(","kid":")" + kid_;
    return sign_under(R"({"typ":"JWT","alg":")" + algorithm() + name + R"("})", claims);
  }

  // Whatever the header says, with the signature that fits the key.
  std::string sign_under(const std::string& header, const std::string& claims) const {
    const std::string text = base::base64url_encode(header) + "." + base::base64url_encode(claims);
    const std::string der = der_signature(text);
    return text + "." + base::base64url_encode(kind_ == Kind::rsa ? der : raw_signature(der));
  }

 private:
  static constexpr std::size_t kCoordinateBytes = 32;

  std::string number(const char* name, std::size_t size) const {
    BIGNUM* value = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), name, &value), 1);
    std::string bytes(std::max<std::size_t>(size, BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size()));
    BN_free(value);
    return base::base64url_encode(bytes);
  }

  std::string der_signature(const std::string& text) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                             &size, bytes, text.size()),
              1);
    signature.resize(size);
    return signature;
  }

  // RFC 7518 section 3.4: R and S, each of 32 bytes.
  static std::string raw_signature(const std::string& der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), ECDSA_SIG_free);
    std::string raw(2 * kCoordinateBytes, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, kCoordinateBytes);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + kCoordinateBytes, kCoordinateBytes);
    return raw;
  }

  Kind kind_;
  std::string kid_;
  std::shared_ptr<EVP_PKEY> key_;
};

// Keys are slow to make, so tests share these.
struct ClientTestKeys {
  ClientTestKey rsa{ClientTestKey::Kind::rsa, "r"};
  ClientTestKey ec{ClientTestKey::Kind::ec, "e"};
  ClientTestKey unnamed{ClientTestKey::Kind::ec, ""};
  ClientTestKey stranger{ClientTestKey::Kind::ec, "e"};  // under a name that is not its own
};

inline const ClientTestKeys& client_test_keys() {
  static const ClientTestKeys made;
  return made;
}

}  // namespace gatehouse::oauth
