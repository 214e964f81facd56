// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "gatehouse/base/secret.h"

namespace gatehouse::crypto {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
// Of the concatenation, without building it.
Sha256 sha256(std::initializer_list<std::string_view> parts);

// FIPS 198-1 over SHA-256.
Sha256 hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);

// RFC 5869 with SHA-256; length <= 8160. `ikm` is the concatenation of its parts.
base::Secret hkdf_sha256(std::initializer_list<std::string_view> ikm, std::string_view salt,
                         std::string_view info, std::size_t length);

std::string_view view(const Sha256& digest);

}  // namespace gatehouse::crypto
