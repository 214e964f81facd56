// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/crypto/aead.h"

#include <openssl/evp.h>

#include <array>
#include <cassert>
#include <limits>
#include <memory>
#include <utility>

#include "gatehouse/base/encoding.h"

namespace gatehouse::crypto {
namespace {

enum class Direction : int { open = 0, seal = 1 };

const EVP_CIPHER* algorithm() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  assert(fetched != nullptr && "OpenSSL has no AES-256-GCM");
  return fetched;
}

// One use of the thread's cipher context. The key schedule is overwritten when the use ends.
class GcmRun {
 public:
  GcmRun(Direction direction, std::string_view key, std::string_view nonce)
      : context_(context_of_this_thread()) {
    assert(key.size() == kAeadKeyBytes && "the key of AES-256 has 32 bytes");
    assert(nonce.size() == kAeadNonceBytes && "the nonce has 12 bytes");
    const int begun = EVP_CipherInit_ex2(context_, algorithm(), base::as_bytes(key).data(),
                                         base::as_bytes(nonce).data(), int(direction), nullptr);
    assert(begun == 1 && "AES-256-GCM cannot begin");
  }

  ~GcmRun() {
    static constexpr std::array<std::uint8_t, kAeadKeyBytes> kNoKey{};
    const int wiped = EVP_CipherInit_ex2(context_, nullptr, kNoKey.data(), nullptr, -1, nullptr);
    assert(wiped == 1 && "the key stays in memory");
  }

  GcmRun(const GcmRun&) = delete;
  GcmRun& operator=(const GcmRun&) = delete;

  void authenticate(std::string_view aad) { update(nullptr, aad); }

  // `out` has room for as many bytes as `in` has.
  void transform(std::string_view in, std::uint8_t* out) { update(out, in); }

  // Sealing: always true. Opening: whether the tag matched.
  bool finish() {
    std::array<std::uint8_t, 16> nothing;
    int size = 0;
    return EVP_CipherFinal_ex(context_, nothing.data(), &size) == 1;
  }

  std::string tag() {
    std::string tag(kAeadTagBytes, '\0');
    const int got =
        EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, int(tag.size()), tag.data());
    assert(got == 1 && "AES-256-GCM gives no tag");
    return tag;
  }

  void expect(std::string_view tag) {
    std::array<char, kAeadTagBytes> copy;
    assert(tag.size() == copy.size());
    tag.copy(copy.data(), copy.size());
    const int set =
        EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, int(copy.size()), copy.data());
    assert(set == 1 && "AES-256-GCM takes no tag");
  }

 private:
  struct Release {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };

  static EVP_CIPHER_CTX* context_of_this_thread() {
    thread_local const std::unique_ptr<EVP_CIPHER_CTX, Release> context(EVP_CIPHER_CTX_new());
    assert(context != nullptr);
    return context.get();
  }

  void update(std::uint8_t* out, std::string_view in) {
    if (in.empty()) return;
    assert(in.size() < std::size_t(std::numeric_limits<int>::max()) && "too long for one seal");
    int size = 0;
    const int done =
        EVP_CipherUpdate(context_, out, &size, base::as_bytes(in).data(), int(in.size()));
    assert(done == 1 && size == int(in.size()) && "AES-256-GCM failed");
  }

  EVP_CIPHER_CTX* const context_;
};

}  // namespace

SealedBytes aead_seal(std::string_view key, std::string_view nonce, std::string_view aad,
                      std::string_view plaintext) {
  SealedBytes sealed;
  sealed.ciphertext.resize(plaintext.size());
  GcmRun run(Direction::seal, key, nonce);
  run.authenticate(aad);
  run.transform(plaintext, reinterpret_cast<std::uint8_t*>(sealed.ciphertext.data()));
  const bool finished = run.finish();
  assert(finished && "AES-256-GCM failed");
  sealed.tag = run.tag();
  return sealed;
}

base::Result<base::Secret> aead_open(std::string_view key, std::string_view nonce,
                                     std::string_view aad, std::string_view ciphertext,
                                     std::string_view tag) {
  if (tag.size() != kAeadTagBytes) return base::Error{base::Errc::denied, "tag is not 16 bytes"};
  base::Secret plaintext(ciphertext.size());
  GcmRun run(Direction::open, key, nonce);
  run.expect(tag);
  run.authenticate(aad);
  run.transform(ciphertext, plaintext.writable().data());
  if (!run.finish()) return base::Error{base::Errc::denied, "tag does not match"};
  return plaintext;
}

}  // namespace gatehouse::crypto
