// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/domain_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kDomainMax = 253;
constexpr std::size_t kLabelMax = 63;

using CodePoints = std::vector<char32_t>;

// Blocks without letters of their own: punctuation, symbols, forms that stand for other letters,
// private use, emoji.
constexpr std::array<std::pair<char32_t, char32_t>, 9> kNoLetters{{{0x80, 0xB6},
                                                                   {0xB8, 0xBF},
                                                                   {0x0300, 0x036F},
                                                                   {0x1AB0, 0x1AFF},
                                                                   {0x2000, 0x2BFF},
                                                                   {0x3000, 0x3004},
                                                                   {0xD800, 0xF8FF},
                                                                   {0xFE00, 0xFFFF},
                                                                   {0x1D000, 0x10FFFF}}};

bool is_letter(char32_t c) {
  if (c == 0xD7 || c == 0xF7) return false;
  return std::none_of(kNoLetters.begin(), kNoLetters.end(),
                      [c](const auto& block) { return c >= block.first && c <= block.second; });
}

// The capitals of Latin-1, Greek and Cyrillic; others are refused as the DNS refuses them.
char32_t lower_case(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9)) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

bool is_ascii_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// RFC 3492 section 6.1.
std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool is_first) {
  delta /= is_first ? 700 : 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > 455; k += 36) delta /= 35;
  return k + 36 * delta / (delta + 38);
}

char digit(std::uint32_t value) {
  return static_cast<char>(value < 26 ? 'a' + value : '0' + value - 26);
}

void append_variable_length(std::string& out, std::uint32_t value, std::uint32_t bias) {
  for (std::uint32_t k = 36;; k += 36) {
    const std::uint32_t threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
    if (value < threshold) break;
    out.push_back(digit(threshold + (value - threshold) % (36 - threshold)));
    value = (value - threshold) / (36 - threshold);
  }
  out.push_back(digit(value));
}

// RFC 3492 section 6.3. A label of at most 63 code points stays far below 32 bits.
std::string punycode(const CodePoints& label) {
  std::string out;
  for (const char32_t c : label) {
    if (c < 0x80) out.push_back(static_cast<char>(c));
  }
  const auto basic = static_cast<std::uint32_t>(out.size());
  if (basic > 0) out.push_back('-');
  std::uint32_t n = 0x80, delta = 0, bias = 72, done = basic;
  while (done < label.size()) {
    char32_t next = std::numeric_limits<std::int32_t>::max();
    for (const char32_t c : label) {
      if (c >= n) next = std::min(next, c);
    }
    delta += (next - n) * (done + 1);
    n = next;
    for (const char32_t c : label) {
      if (c < n) ++delta;
      if (c != n) continue;
      append_variable_length(out, delta, bias);
      bias = adapt(delta, done + 1, done == basic);
      delta = 0;
      ++done;
    }
    ++delta;
    ++n;
  }
  return out;
}

std::optional<std::string> ascii_label(std::string_view text) {
  if (text.size() > 4 * kLabelMax || clean_line(text).text != text) return std::nullopt;
  CodePoints label;
  bool is_ascii = true;
  for (std::string_view rest = text; !rest.empty();) {
    const char32_t c = lower_case(take_code_point(rest));
    if (c >= 0x80 && !is_letter(c)) return std::nullopt;
    is_ascii = is_ascii && c < 0x80;
    label.push_back(c);
  }
  if (label.size() > kLabelMax) return std::nullopt;
  std::string out;
  if (is_ascii) {
    for (const char32_t c : label) out.push_back(static_cast<char>(c));
  } else {
    if (label.front() == '-' || label.back() == '-') return std::nullopt;
    out = "xn--" + punycode(label);
  }
  if (!is_ascii_label(out)) return std::nullopt;
  return out;
}

bool is_number(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::string> ascii_domain(std::string_view text) {
  std::string domain;
  std::size_t labels = 0;
  for (std::string_view rest = text;;) {
    const std::size_t dot = rest.find('.');
    const auto label = ascii_label(rest.substr(0, dot));
    if (!label || domain.size() + label->size() > kDomainMax) return std::nullopt;
    if (labels++ > 0) domain.push_back('.');
    domain += *label;
    if (dot != std::string_view::npos) {
      rest.remove_prefix(dot + 1);
      continue;
    }
    // 192.0.2.1 is no name.
    if (labels < 2 || domain.size() > kDomainMax || is_number(*label)) return std::nullopt;
    return domain;
  }
}

}  // namespace gatehouse::workspace::gmail
