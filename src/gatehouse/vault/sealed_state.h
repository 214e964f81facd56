// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
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
  const DerivedKeys keys_;
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace gatehouse::vault
