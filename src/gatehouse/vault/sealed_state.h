// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// Short-lived state that travels through a client and comes back: MCP session ids, cursors, consent
// forms. AES-256-GCM under a key derived from the token key; base64url; bound to a purpose and a
// principal; carries its own expiry. No storage.
class SealedState {
 public:
  static constexpr std::size_t kStateBytesMax = 40'000;

  SealedState(const TokenKeys& keys, const base::Clock& clock, base::Random& random);

  // Empty, which never opens, when `state` is over kStateBytesMax or a name is over 1,000 bytes.
  std::string seal(std::string_view purpose, std::string_view principal, std::string_view state,
                   std::chrono::seconds lifetime) const;
  // Errc::denied: not ours, altered, other purpose or principal. Errc::not_found: past its
  // lifetime. Input bounded at 64 KB.
  base::Result<std::string> open(std::string_view purpose, std::string_view principal,
                                 std::string_view token) const;

 private:
  struct StateKey {
    std::uint8_t id;
    base::Secret bytes;
  };
  const StateKey* find(std::uint8_t id) const;

  std::vector<StateKey> keys_;  // in the order of the token keys they come from
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace gatehouse::vault
