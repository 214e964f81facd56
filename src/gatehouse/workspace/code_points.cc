// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/code_points.h"

#include <algorithm>

#include "gatehouse/base/encoding.h"

namespace gatehouse::workspace {

namespace {

std::size_t json_cost(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (first == '"' || first == '\\' || first == '\n' || first == '\t' || first == '\r') return 2;
  return first < 0x20 ? 6 : 1;
}

std::string_view take_character(std::string_view& rest) {
  const std::size_t size = base::utf8_sequence_size(rest);
  const std::string_view character = rest.substr(0, size == 0 ? 1 : size);
  rest.remove_prefix(character.size());
  return character;
}

}  // namespace

char32_t take_code_point(std::string_view& rest) {
  const std::size_t size = base::utf8_sequence_size(rest);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  char32_t code_point = kReplacementCharacter;
  if (size == 1) code_point = byte(0);
  if (size == 2) code_point = ((byte(0) & 0x1Fu) << 6) | (byte(1) & 0x3Fu);
  if (size == 3)
    code_point = ((byte(0) & 0x0Fu) << 12) | ((byte(1) & 0x3Fu) << 6) | (byte(2) & 0x3Fu);
  if (size == 4) {
    code_point = ((byte(0) & 0x07u) << 18) | ((byte(1) & 0x3Fu) << 12) | ((byte(2) & 0x3Fu) << 6) |
                 (byte(3) & 0x3Fu);
  }
  rest.remove_prefix(size == 0 ? 1 : size);
  return code_point;
}

void append_code_point(std::string& out, char32_t code_point) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
    code_point = kReplacementCharacter;
  if (code_point < 0x80) return put(code_point);
  if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    return put(0x80 | (code_point & 0x3F));
  }
  if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    return put(0x80 | (code_point & 0x3F));
  }
  put(0xF0 | (code_point >> 18));
  put(0x80 | ((code_point >> 12) & 0x3F));
  put(0x80 | ((code_point >> 6) & 0x3F));
  put(0x80 | (code_point & 0x3F));
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) take_character(text);
  return count;
}

std::size_t json_character_count(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) count += json_cost(take_character(text));
  return count;
}

std::string_view json_prefix(std::string_view text, std::size_t json_characters_max) {
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view after = rest;
    const std::size_t cost = json_cost(take_character(after));
    if (cost > json_characters_max) break;
    json_characters_max -= cost;
    rest = after;
  }
  return text.substr(0, text.size() - rest.size());
}

std::string_view byte_prefix(std::string_view text, std::size_t bytes_max) {
  std::size_t size = std::min(text.size(), bytes_max);
  while (size > 0 && size < text.size() && (text[size] & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

std::string_view at_a_gap(std::string_view piece, std::string_view whole) {
  if (piece.size() == whole.size()) return piece;
  const std::size_t from = piece.size() - piece.size() / 8;
  for (const char gap : {'\n', ' '}) {
    const std::size_t at = piece.rfind(gap);
    if (at != std::string_view::npos && at >= from) return piece.substr(0, at + 1);
  }
  return piece;
}

std::string shortened(std::string_view text, std::size_t characters_max) {
  if (characters_max == 0) return "";
  if (character_count(text) <= characters_max) return std::string(text);
  std::string_view rest = text;
  for (std::size_t i = 0; i + 1 < characters_max; ++i) take_character(rest);
  std::string_view kept = text.substr(0, text.size() - rest.size());
  while (!kept.empty() && kept.back() == ' ') kept.remove_suffix(1);
  return std::string(kept) + "\xE2\x80\xA6";
}

}  // namespace gatehouse::workspace
