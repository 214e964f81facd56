// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/peer_rate_limit.h"

namespace gatehouse::oauth {

PeerRateLimit::PeerRateLimit(std::size_t events_max, std::size_t peers_max,
                             const base::Clock& clock, std::chrono::seconds window)
    : events_max_(events_max), peers_max_(peers_max), clock_(clock), window_(window) {}

std::optional<std::chrono::seconds> PeerRateLimit::admit(const std::string& peer) {
  const auto known = windows_.find(peer);
  if (known != windows_.end()) return count(known->second);
  if (windows_.size() >= peers_max_) drop_finished();
  if (windows_.size() >= peers_max_) return count(shared_);
  return count(windows_[peer]);
}

std::optional<std::chrono::seconds> PeerRateLimit::count(Window& window) {
  const auto now = clock_.steady_now();
  if (window.events == 0 || window.ends <= now) window = {now + window_, 0};
  if (window.events < events_max_) {
    ++window.events;
    return std::nullopt;
  }
  return std::chrono::ceil<std::chrono::seconds>(window.ends - now);
}

void PeerRateLimit::drop_finished() {
  const auto now = clock_.steady_now();
  std::erase_if(windows_, [now](const auto& entry) { return entry.second.ends <= now; });
}

}  // namespace gatehouse::oauth
