// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <cassert>
#include <memory>
#include <span>

#include "gatehouse/base/encoding.h"

namespace gatehouse::crypto {
namespace {

struct Release {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

// Looking an algorithm up costs several times a short hash, so it is done once per process.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  assert(algorithm != nullptr && "OpenSSL has no SHA-256");
  return algorithm;
}

EVP_MAC* hmac_algorithm() {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  assert(algorithm != nullptr && "OpenSSL has no HMAC");
  return algorithm;
}

EVP_MAC_CTX* make_hmac_context() {
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(hmac_algorithm());
  char digest[] = "SHA2-256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  const bool ready = context != nullptr && EVP_MAC_CTX_set_params(context, parameters) == 1;
  assert(ready && "OpenSSL has no HMAC-SHA-256");
  return context;
}

EVP_MD_CTX* digest_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, Release> context(EVP_MD_CTX_new());
  assert(context != nullptr);
  return context.get();
}

EVP_MAC_CTX* hmac_context() {
  thread_local const std::unique_ptr<EVP_MAC_CTX, Release> context(make_hmac_context());
  return context.get();
}

using Parts = std::span<const std::string_view>;

Sha256 sha256_of(Parts parts) {
  EVP_MD_CTX* const context = digest_context();
  Sha256 digest;
  bool ok = EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1;
  for (const std::string_view part : parts) {
    ok = ok && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  }
  ok = ok && EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1;
  assert(ok && "SHA-256 failed");
  return digest;
}

Sha256 hmac_of(std::string_view key, Parts parts) {
  static constexpr std::array<std::uint8_t, 32> kNoKey{};
  EVP_MAC_CTX* const context = hmac_context();
  // A null key would mean the last one again.
  const std::uint8_t* const bytes = key.empty() ? kNoKey.data() : base::as_bytes(key).data();
  Sha256 mac;
  std::size_t size = 0;
  bool ok = EVP_MAC_init(context, bytes, key.size(), nullptr) == 1;
  for (const std::string_view part : parts) {
    ok = ok && EVP_MAC_update(context, base::as_bytes(part).data(), part.size()) == 1;
  }
  ok = ok && EVP_MAC_final(context, mac.data(), &size, mac.size()) == 1 && size == mac.size();
  // The next key overwrites this one's traces in the context; a key of zeros does so at once.
  ok = EVP_MAC_init(context, kNoKey.data(), kNoKey.size(), nullptr) == 1 && ok;
  assert(ok && "HMAC-SHA-256 failed");
  return mac;
}

void wipe(Sha256& digest) { base::wipe_memory(digest.data(), digest.size()); }

}  // namespace

Sha256 sha256(std::string_view bytes) { return sha256_of(Parts(&bytes, 1)); }

Sha256 sha256(std::initializer_list<std::string_view> parts) {
  return sha256_of(Parts(parts.begin(), parts.size()));
}

Sha256 hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts) {
  return hmac_of(key, Parts(parts.begin(), parts.size()));
}

base::Secret hkdf_sha256(std::initializer_list<std::string_view> ikm, std::string_view salt,
                         std::string_view info, std::size_t length) {
  constexpr std::size_t kLengthMax = 255 * std::tuple_size_v<Sha256>;
  assert(length <= kLengthMax && "HKDF gives at most 255 blocks");
  // RFC 5869 section 2: extract, then expand. HMAC takes the input in parts, so nothing secret is
  // joined in memory, and an empty salt is the same key as the RFC's string of zeros.
  Sha256 extracted = hmac_of(salt, Parts(ikm.begin(), ikm.size()));
  base::Secret out;
  out.reserve(length);
  Sha256 block{};
  for (unsigned char counter = 1; out.size() < length; ++counter) {
    const std::string_view previous = counter == 1 ? std::string_view() : view(block);
    const std::string_view number(reinterpret_cast<const char*>(&counter), 1);
    block = hmac_sha256(view(extracted), {previous, info, number});
    out.append(view(block).substr(0, std::min(block.size(), length - out.size())));
  }
  wipe(block);
  wipe(extracted);
  return out;
}

std::string_view view(const Sha256& digest) { return base::as_text(digest); }

}  // namespace gatehouse::crypto
