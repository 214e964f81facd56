// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// The StateSealer of a server whose operator keeps the keys: AES-256-GCM, base64url, no storage.
// Each token is sealed under a key of its own, derived from one of these and 16 random bytes, so
// that no number of tokens wears a key out.
class AeadSealer final : public StateSealer {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  static constexpr std::size_t kKeysMax = 8;
  static constexpr std::size_t kStateBytesMax = 40'000;

  // One to kKeysMax keys of kKeyBytes random bytes each, which is asserted. The first one seals,
  // all of them open: to change keys, put another one in front, and drop the old one once
  // everything sealed under it is past its lifetime (EngineOptions::session_lifetime).
  AeadSealer(std::vector<base::Secret> keys, const base::Clock& clock, base::Random& random);

  // Empty, which never opens, when `state` is over kStateBytesMax.
  std::string seal(std::string_view purpose, std::string_view principal, std::string_view state,
                   std::chrono::seconds lifetime) override;
  base::Result<std::string> open(std::string_view purpose, std::string_view principal,
                                 std::string_view token) override;

 private:
  const std::vector<base::Secret> keys_;
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace gatehouse::mcp
