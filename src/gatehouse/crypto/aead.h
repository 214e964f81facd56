// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::crypto {

inline constexpr std::size_t kAeadKeyBytes = 32;
inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;

struct SealedBytes {
  std::string ciphertext;
  std::string tag;  // kAeadTagBytes
};

// AES-256-GCM, NIST SP 800-38D, 96-bit nonce, 128-bit tag. Key and nonce lengths are asserted.
SealedBytes aead_seal(std::string_view key, std::string_view nonce, std::string_view aad,
                      std::string_view plaintext);

// Errc::denied when the tag does not match or is not 16 bytes long; no plaintext is released then.
base::Result<base::Secret> aead_open(std::string_view key, std::string_view nonce,
                                     std::string_view aad, std::string_view ciphertext,
                                     std::string_view tag);

}  // namespace gatehouse::crypto
