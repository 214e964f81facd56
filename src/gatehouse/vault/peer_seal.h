// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::vault {

// Messages between the replicas of one deployment, which share the token key. AES-256-GCM, every
// message under a key of its own, derived with 256 random bits; bound to a purpose and to the
// address it is for, within a short time, and accepted once.
class PeerSeal {
 public:
  static constexpr std::size_t kMessageBytesMax = 8 * 1024 * 1024;
  static constexpr std::size_t kOverheadBytes = 1 + 32 + 8 + 16;
  static constexpr std::chrono::seconds kWindow{30};  // clocks may differ by as much
  static constexpr std::size_t kRememberedMax = 64 * 1024;
  static constexpr std::size_t kMarkBytes = 32;

  PeerSeal(const TokenKeys& keys, const base::Clock& clock, base::Random& random);

  struct Opened {
    base::Secret message;
    std::string mark;  // the message's own random bytes: an answer is sealed for this "address"
  };

  // Empty, which never opens, when the message is over kMessageBytesMax.
  std::string seal(std::string_view purpose, std::string_view address,
                   std::string_view message) const;
  // Errc::denied: not ours, altered, for another purpose or address, outside the time, or seen
  // before. Errc::unavailable: more messages in this time than can be told apart.
  base::Result<Opened> open(std::string_view purpose, std::string_view address,
                            std::string_view sealed);

  // Of a sealed message, to open its answer with.
  static std::string_view mark_of(std::string_view sealed);

 private:
  struct Seen {
    std::int64_t until;
    std::string mark;
  };
  base::Result<void> accept_once(std::string_view mark, std::int64_t sent);

  const TokenKeys& keys_;
  const base::Clock& clock_;
  base::Random& random_;
  std::deque<Seen> seen_in_order_;
  std::unordered_set<std::string> seen_;
};

}  // namespace gatehouse::vault
