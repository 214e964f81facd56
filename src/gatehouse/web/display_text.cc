// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/display_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "gatehouse/base/encoding.h"

namespace gatehouse::web {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Unicode 15: format characters that are invisible or change direction, fillers and variation
// selectors that render as nothing, private use, and the combining grapheme joiner.
constexpr Range kUnwanted[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},   {0x202a, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164}, {0xe000, 0xf8ff},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

bool is_unwanted(std::uint32_t character) {
  return std::any_of(std::begin(kUnwanted), std::end(kUnwanted), [character](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

bool is_space(std::uint32_t character) {
  return character == ' ' || (character >= '\t' && character <= '\r') || character == 0x85 ||
         character == 0xa0 || character == 0x1680 || (character >= 0x2000 && character <= 0x200a) ||
         character == 0x2028 || character == 0x2029 || character == 0x202f || character == 0x205f ||
         character == 0x3000;
}

std::uint32_t decode(std::string_view sequence) {
  const auto byte = [sequence](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[i]));
  };
  if (sequence.size() == 1) return byte(0);
  std::uint32_t character = byte(0) & (0x7fu >> sequence.size());
  for (std::size_t i = 1; i < sequence.size(); ++i) character = character << 6 | (byte(i) & 0x3f);
  return character;
}

}  // namespace

std::string display_text(std::string_view outside, std::size_t characters_max) {
  std::string out;
  std::size_t characters = 0;
  bool space_due = false;
  while (!outside.empty()) {
    const std::size_t size = base::utf8_sequence_size(outside);
    const std::string_view sequence = size == 0 ? "\xef\xbf\xbd" : outside.substr(0, size);
    outside.remove_prefix(std::max<std::size_t>(size, 1));
    const std::uint32_t character = decode(sequence);
    if (is_space(character)) {
      space_due = !out.empty();
      continue;
    }
    if (is_unwanted(character)) continue;
    characters += space_due ? 2 : 1;
    if (characters > characters_max) return out + "\xe2\x80\xa6";
    if (space_due) out += ' ';
    space_due = false;
    out += sequence;
  }
  return out;
}

}  // namespace gatehouse::web
