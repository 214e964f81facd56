// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::workspace {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// Takes one code point off the front of `rest`, which must not be empty. A broken byte is taken
// alone and read as U+FFFD.
char32_t take_code_point(std::string_view& rest);

void append_code_point(std::string& out, char32_t code_point);

// Code points; broken bytes count one each.
std::size_t character_count(std::string_view text);

// What a JSON string literal of `text` holds between its quotes, in characters.
std::size_t json_character_count(std::string_view text);

// The longest beginning that takes at most `json_characters_max` in a JSON string.
std::string_view json_prefix(std::string_view text, std::size_t json_characters_max);

// The longest beginning of at most `bytes_max` bytes that cuts no character.
std::string_view byte_prefix(std::string_view text, std::size_t bytes_max);

// A beginning of `whole` that ends at a line or a word where one ends near, so that the reader gets
// whole ones.
std::string_view at_a_gap(std::string_view piece, std::string_view whole);

// At most `characters_max` characters, the last an ellipsis when something was cut.
std::string shortened(std::string_view text, std::size_t characters_max);

}  // namespace gatehouse::workspace
