// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::base {

// What is authenticated or derived from is framed: numbers have a fixed width, texts carry their
// length. Two different lists of values never give the same bytes.

inline constexpr std::size_t kFramedBytesMax = 65'535;

// `Out` is std::string or base::Secret. Big endian.
template <class Out>
void append_number(Out& out, std::uint64_t number, int bytes) {
  char digits[8];
  for (int i = 0; i < bytes; ++i) {
    digits[i] = static_cast<char>((number >> (8 * (bytes - 1 - i))) & 0xFF);
  }
  out.append(std::string_view(digits, static_cast<std::size_t>(bytes)));
}

// lp(text): two bytes of length, then the text; at most kFramedBytesMax long.
template <class Out>
void append_framed(Out& out, std::string_view text) {
  assert(text.size() <= kFramedBytesMax && "too long for a framed text");
  append_number(out, text.size(), 2);
  out.append(text);
}

// Takes framed values off the front of a text; the first that does not fit makes all later ones
// empty and `sound` false.
class FrameReader {
 public:
  explicit FrameReader(std::string_view text) : rest_(text) {}

  std::uint64_t number(int bytes) {
    const std::string_view digits = take(static_cast<std::size_t>(bytes));
    std::uint64_t number = 0;
    for (const char digit : digits) number = (number << 8) | static_cast<unsigned char>(digit);
    return number;
  }
  std::string_view framed() { return take(static_cast<std::size_t>(number(2))); }
  std::string_view rest() { return take(rest_.size()); }

  bool sound() const { return sound_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (!sound_ || size > rest_.size()) {
      sound_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool sound_ = true;
};

}  // namespace gatehouse::base
