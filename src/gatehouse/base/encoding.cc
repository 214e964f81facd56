// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/encoding.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace gatehouse::base {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::uint8_t kSpace = 0xFE;
constexpr std::uint8_t kPadding = 0xFD;

using DigitTable = std::array<std::uint8_t, 256>;

constexpr DigitTable digits_of(std::string_view alphabet) {
  DigitTable table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr DigitTable lenient_digits() {
  DigitTable table = digits_of(kStandard);
  table['-'] = 62;
  table['_'] = 63;
  for (const char c : {' ', '\t', '\r', '\n'}) table[static_cast<unsigned char>(c)] = kSpace;
  table['='] = kPadding;
  return table;
}

constexpr DigitTable kStandardDigits = digits_of(kStandard);
constexpr DigitTable kUrlSafeDigits = digits_of(kUrlSafe);
constexpr DigitTable kLenientDigits = lenient_digits();

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

constexpr std::size_t unpadded_size(std::size_t bytes) { return (bytes * 4 + 2) / 3; }

// Writes unpadded_size(bytes.size()) characters.
void encode64(std::string_view bytes, std::string_view alphabet, char* out) {
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = static_cast<std::uint32_t>(byte_at(bytes, i) << 16) |
                                static_cast<std::uint32_t>(byte_at(bytes, i + 1) << 8) |
                                byte_at(bytes, i + 2);
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[(group >> 12) & 63];
    *out++ = alphabet[(group >> 6) & 63];
    *out++ = alphabet[group & 63];
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return;
  const std::uint8_t first = byte_at(bytes, i);
  const std::uint8_t second = rest == 2 ? byte_at(bytes, i + 1) : std::uint8_t{0};
  *out++ = alphabet[first >> 2];
  *out++ = alphabet[((first & 3) << 4) | (second >> 4)];
  if (rest == 2) *out++ = alphabet[(second & 15) << 2];
}

// How many bytes unpadded text of this length means; nullopt for a length that no encoder makes.
std::optional<std::size_t> decoded_size(std::size_t characters) {
  if (characters % 4 == 1) return std::nullopt;
  return characters / 4 * 3 + (characters % 4 == 0 ? 0 : characters % 4 - 1);
}

// `out` has decoded_size(text.size()) bytes. False on foreign characters and on stray bits.
bool decode64(std::string_view text, const DigitTable& digits, std::uint8_t* out) {
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char c : text) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
    if (digit > 63) return false;
    bits = (bits << 6) | digit;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    *out++ = static_cast<std::uint8_t>(bits >> bit_count);
    bits &= (1u << bit_count) - 1;
  }
  return bits == 0;
}

std::optional<std::string> decode64_text(std::string_view text, const DigitTable& digits) {
  const std::optional<std::size_t> size = decoded_size(text.size());
  if (!size) return std::nullopt;
  std::string bytes(*size, '\0');
  if (!decode64(text, digits, reinterpret_cast<std::uint8_t*>(bytes.data()))) return std::nullopt;
  return bytes;
}

std::optional<Secret> decode64_secret(std::string_view text, const DigitTable& digits) {
  const std::optional<std::size_t> size = decoded_size(text.size());
  if (!size) return std::nullopt;
  Secret bytes(*size);
  if (!decode64(text, digits, bytes.writable().data())) return std::nullopt;
  return bytes;
}

// What is left of padded text without its padding; nullopt when the length is none of padded text.
std::optional<std::string_view> without_padding(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return text;
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0) == 0x80; }

// Header names are compared many times per request, so eight bytes at once.
constexpr std::size_t kWordBytes = 8;
constexpr std::uint64_t kEachByte = 0x0101010101010101;

template <class Word>
Word load(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// All of a text of up to eight bytes; which bytes stand where depends on its length alone.
std::uint64_t short_word(std::string_view text) {
  const std::size_t size = text.size();
  if (size >= 4) {
    const std::uint64_t first = load<std::uint32_t>(text.data());
    return first << 32 | load<std::uint32_t>(text.data() + size - 4);
  }
  std::uint64_t word = 0;
  for (const char c : text) word = word << 8 | static_cast<std::uint8_t>(c);
  return word;
}

// What most texts are.
bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x80 * kEachByte;
  const std::size_t size = text.size();
  if (size <= kWordBytes) return (short_word(text) & kHighBits) == 0;
  std::uint64_t all = load<std::uint64_t>(text.data() + size - kWordBytes);
  for (std::size_t i = 0; i + kWordBytes < size; i += kWordBytes) {
    all |= load<std::uint64_t>(text.data() + i);
  }
  return (all & kHighBits) == 0;
}

// Whether two words differ at most in the case of ASCII letters.
bool equal_but_for_case(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t difference = a ^ b;
  if (difference == 0) return true;
  if ((difference & ~(0x20 * kEachByte)) != 0) return false;
  const std::uint64_t low = (a | 0x20 * kEachByte) & 0x7F * kEachByte;
  const std::uint64_t from_a = low + (0x80 - 'a') * kEachByte;
  const std::uint64_t beyond_z = low + (0x7F - 'z') * kEachByte;
  const std::uint64_t letters = from_a & ~beyond_z & ~a;  // in each byte's highest bit
  return ((difference << 2) & ~letters) == 0;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  encode64(bytes, kStandard, text.data());
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  const std::optional<std::string_view> digits = without_padding(text);
  return digits ? decode64_text(*digits, kStandardDigits) : std::nullopt;
}

std::string base64url_encode(std::string_view bytes) {
  std::string text(unpadded_size(bytes.size()), '\0');
  encode64(bytes, kUrlSafe, text.data());
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode64_text(text, kUrlSafeDigits);
}

Secret base64url_encode_secret(std::string_view bytes) {
  Secret text(unpadded_size(bytes.size()));
  encode64(bytes, kUrlSafe, reinterpret_cast<char*>(text.writable().data()));
  return text;
}

std::optional<Secret> base64url_decode_secret(std::string_view text) {
  return decode64_secret(text, kUrlSafeDigits);
}

std::optional<Secret> base64_decode_secret(std::string_view text) {
  const std::optional<std::string_view> digits = without_padding(text);
  return digits ? decode64_secret(*digits, kStandardDigits) : std::nullopt;
}

std::optional<std::string> base64_decode_lenient(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  bool ended = false;
  for (const char c : text) {
    const std::uint8_t digit = kLenientDigits[static_cast<unsigned char>(c)];
    if (digit == kSpace) continue;
    if (digit == kPadding) {
      ended = true;
      continue;
    }
    if (digit == kNoDigit || ended) return std::nullopt;
    bits = ((bits << 6) | digit) & 0xFFFF;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes.push_back(static_cast<char>(bits >> bit_count));
  }
  if (bit_count == 6) return std::nullopt;
  return bytes;
}

std::string hex_encode(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text.push_back(kHex[byte_at(bytes, i) >> 4]);
    text.push_back(kHex[byte_at(bytes, i) & 15]);
  }
  return text;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::size_t utf8_sequence_size(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  // The second byte's range shuts out overlong forms, surrogates and values above U+10FFFF (RFC
  // 3629 section 4).
  const std::uint8_t second = byte_at(text, 1);
  const std::uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (!is_continuation(byte_at(text, i))) return 0;
  }
  return size;
}

bool is_valid_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  while (!text.empty()) {
    std::uint64_t word = kHighBits;
    if (text.size() >= sizeof(word)) std::memcpy(&word, text.data(), sizeof(word));
    const std::size_t size = (word & kHighBits) == 0 ? sizeof(word) : utf8_sequence_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size <= kWordBytes) return equal_but_for_case(short_word(a), short_word(b));
  for (std::size_t i = 0; i + kWordBytes < size; i += kWordBytes) {
    if (!equal_but_for_case(load<std::uint64_t>(a.data() + i), load<std::uint64_t>(b.data() + i)))
      return false;
  }
  // The last word overlaps the one before it when the size is no multiple of eight.
  const std::size_t last = size - kWordBytes;
  return equal_but_for_case(load<std::uint64_t>(a.data() + last),
                            load<std::uint64_t>(b.data() + last));
}

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace gatehouse::base
