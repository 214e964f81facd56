// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "gatehouse/base/clock.h"

namespace gatehouse::oauth {

// At most so many events per peer and window of time, in this process. The table is bounded: when
// it is full and nothing in it is over, all peers together share what one peer may do.
class PeerRateLimit {
 public:
  PeerRateLimit(std::size_t events_max, std::size_t peers_max, const base::Clock& clock,
                std::chrono::seconds window = std::chrono::hours(1));

  // nullopt: go on. Otherwise how long to wait.
  std::optional<std::chrono::seconds> admit(const std::string& peer);

  std::size_t size() const { return windows_.size(); }

 private:
  struct Window {
    std::chrono::steady_clock::time_point ends{};
    std::size_t events = 0;
  };
  std::optional<std::chrono::seconds> count(Window& window);
  void drop_finished();

  std::size_t events_max_;
  std::size_t peers_max_;
  const base::Clock& clock_;
  std::chrono::seconds window_;
  std::unordered_map<std::string, Window> windows_;
  Window shared_;
};

}  // namespace gatehouse::oauth
