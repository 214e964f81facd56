// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests of this module only.

#include <cassert>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

inline std::string from_hex(std::string_view hex) {
  assert(hex.size() % 2 == 0);
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// A file of Project Wycheproof, when GATEHOUSE_WYCHEPROOF names a directory that holds its test
// vectors.
inline std::optional<std::string> wycheproof(const std::string& file) {
  const char* const directory = std::getenv("GATEHOUSE_WYCHEPROOF");
  if (directory == nullptr) return std::nullopt;
  std::ifstream in(directory + ("/" + file), std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace gatehouse::crypto
