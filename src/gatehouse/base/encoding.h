// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/secret.h"

namespace gatehouse::base {

// RFC 4648 section 4, padded. Decoding is strict: canonical padding, no stray bits, no white space.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

// RFC 4648 section 5, unpadded. Decoding is strict: no padding, no stray bits.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

// The same for bytes that must not linger.
Secret base64url_encode_secret(std::string_view bytes);
std::optional<Secret> base64url_decode_secret(std::string_view text);
std::optional<Secret> base64_decode_secret(std::string_view text);

// Both alphabets, with or without padding, white space skipped: what mail systems send. Bounded by
// the input's size.
std::optional<std::string> base64_decode_lenient(std::string_view text);

std::string hex_encode(std::string_view bytes);

// RFC 3986 section 2.3: everything but unreserved characters is escaped. For one path segment or
// one query value.
std::string percent_encode(std::string_view text);
// Strict: nullopt when a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);
// Size of the well-formed sequence the text begins with; 0 when it is empty or begins with a broken
// one.
std::size_t utf8_sequence_size(std::string_view text);

// ASCII only; other bytes stay.
std::string to_lower_ascii(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

std::string_view trim(std::string_view text);  // spaces and tabs

inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace gatehouse::base
