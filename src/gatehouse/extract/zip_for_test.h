// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// For tests: archives, entry by entry, honest or not.
namespace gatehouse::extract {

inline std::string little_endian(std::uint64_t number, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, number >>= 8) out += static_cast<char>(number & 0xFF);
  return out;
}

inline std::uint32_t crc32_of(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

struct TestEntry {
  std::string name;
  std::string content;
  // As the archive has it, when that is something else than the content itself.
  std::string packed = {};
  int method = 0;  // 8: deflate
  int flags = 0;   // 1: encrypted
};

inline std::string zip_of(const std::vector<TestEntry>& entries) {
  std::string out;
  std::string directory;
  for (const TestEntry& entry : entries) {
    const std::string& bytes = entry.method == 0 ? entry.content : entry.packed;
    const std::string about =
        little_endian(20, 2) + little_endian(static_cast<std::uint64_t>(entry.flags), 2) +
        little_endian(static_cast<std::uint64_t>(entry.method), 2) + little_endian(0x5B6A0000, 4) +
        little_endian(crc32_of(entry.content), 4) + little_endian(bytes.size(), 4) +
        little_endian(entry.content.size(), 4) + little_endian(entry.name.size(), 2);
    directory += "PK\x01\x02" + little_endian(20, 2) + about + little_endian(0, 12) +
                 little_endian(out.size(), 4) + entry.name;
    out += "PK\x03\x04" + about + little_endian(0, 2) + entry.name + bytes;
  }
  const std::size_t directory_at = out.size();
  return out + directory + "PK\x05\x06" + little_endian(0, 4) + little_endian(entries.size(), 2) +
         little_endian(entries.size(), 2) + little_endian(directory.size(), 4) +
         little_endian(directory_at, 4) + little_endian(0, 2);
}

// RFC 1951: one zero byte and then `repeats` times 258 more, in 13 bits each.
inline std::string deflated_zeros(std::size_t repeats) {
  std::string out;
  std::uint64_t bits = 0;
  int count = 0;
  const auto put = [&](std::uint64_t value, int size) {
    bits |= value << count;
    for (count += size; count >= 8; count -= 8, bits >>= 8) out += static_cast<char>(bits & 0xFF);
  };
  put(0b011, 3);       // the last block, with fixed codes
  put(0b00001100, 8);  // the literal 0, its code 00110000 from its highest bit on
  for (std::size_t i = 0; i < repeats; ++i) {
    put(0b10100011, 8);  // a length of 258, its code 11000101
    put(0, 5);           // a distance of 1
  }
  put(0, 7);  // the end
  if (count > 0) put(0, 8 - count);
  return out;
}

}  // namespace gatehouse::extract
