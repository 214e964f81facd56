// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/base/encoding.h"

namespace gatehouse::identity {

// For tests: a signer as Google has one.
class SigningKey {
 public:
  explicit SigningKey(std::string kid)
      : kid_(std::move(kid)), key_(EVP_RSA_gen(2048), EVP_PKEY_free) {}

  std::string jwk() const {
    return R"({"kty":"RSA","use":"sig","alg":"RS256","kid":")" + kid_ + R"(","n":")" +
           number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" + number(OSSL_PKEY_PARAM_RSA_E) + R"("})";
  }

  std::string sign(std::string_view payload) const {
    return sign_with_header(R"({"alg":"RS256","kid":")" + kid_ + R"(","typ":"JWT"})", payload);
  }

  std::string sign_with_header(std::string_view header, std::string_view payload) const {
    const std::string input =
        base::base64url_encode(header) + "." + base::base64url_encode(payload);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()), 1);
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
    EXPECT_EQ(EVP_DigestSign(context.get(), nullptr, &size, bytes, input.size()), 1);
    std::string signature(size, '\0');
    EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                             &size, bytes, input.size()),
              1);
    signature.resize(size);
    return input + "." + base::base64url_encode(signature);
  }

  std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), name, &value), 1);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_free(value);
    return base::base64url_encode(bytes);
  }

 private:
  std::string kid_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace gatehouse::identity
