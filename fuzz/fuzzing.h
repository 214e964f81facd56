// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/encoding.h"

#ifdef NDEBUG
#error "What a target requires is asserted."
#endif

// What targets share. A target is one file that defines run(); an input that breaks a promise of
// the parser ends the process in an assertion.
namespace gatehouse::fuzzing {

void run(std::string_view input);

// Takes the text before the next line `--` off the front of `rest`: targets that judge several
// texts together find them in one readable file. The last part may hold anything.
inline std::string_view take_part(std::string_view& rest) {
  constexpr std::string_view kSeparator = "\n--\n";
  const std::size_t end = rest.find(kSeparator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + kSeparator.size());
  return part;
}

inline std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

// FNV-1a: choices that a target makes beside its input are the same at every run of that input.
inline std::uint64_t hash_of(std::string_view input) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : input) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

inline bool is_visible_ascii(std::string_view text) {
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7f) return false;
  }
  return true;
}

inline bool is_single_line(std::string_view text) {
  return base::is_valid_utf8(text) && text.find_first_of("\r\n\t") == std::string_view::npos;
}

// `text` with every run of three bytes of `edits` applied: two for the place, one for the byte
// there. A sealed text is reached by no mutation of its own, but by edits of one that is in order.
inline std::string edited(std::string text, std::string_view edits) {
  for (; edits.size() >= 3 && !text.empty(); edits.remove_prefix(3)) {
    const auto high = static_cast<unsigned char>(edits[0]);
    const auto low = static_cast<unsigned char>(edits[1]);
    text[(high * 256U + low) % text.size()] = edits[2];
  }
  return text;
}

}  // namespace gatehouse::fuzzing
