// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gatehouse/base/secret.h"

namespace gatehouse::base {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  Secret secret(std::size_t size);  // size random bytes
  std::string token(
      std::size_t bytes);  // base64url of that many random bytes; for values that are not secret
};

// getrandom(2), read ahead in blocks that are wiped as they are handed out. Safe from any thread.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

// For tests: the same bytes at every run. Not for anything that must not be guessed.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t state_;
};

}  // namespace gatehouse::base
