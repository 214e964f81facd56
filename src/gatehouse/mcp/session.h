// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/client_capabilities.h"
#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// A legacy session. All of it is sealed in its id, so nothing has to be kept.
struct Session {
  std::string key;  // 128 random bits, base64url; tells sessions apart, authorises nothing
  Revision revision = kNewestLegacy;
  ClientCapabilities capabilities;
  base::SystemTime expires{};
};

// Issues and opens session ids. An id works for the principal it was issued to, on every replica
// and after every restart, until it expires or, in this process, was ended.
class Sessions {
 public:
  Sessions(StateSealer& sealer, const base::Clock& clock, base::Random& random,
           std::chrono::seconds lifetime);

  // Visible ASCII.
  std::string issue(const Caller& caller, Revision revision,
                    const ClientCapabilities& capabilities);

  // Null when the id is not one of ours, of another principal, expired or ended.
  std::shared_ptr<const Session> open(const Caller& caller, std::string_view id);

  void end(const Session& session);

 private:
  // Ids opened lately, found by their hash; a new id takes the place of the one there.
  struct Slot {
    std::string id;
    std::string principal;
    std::shared_ptr<const Session> session;
  };
  struct Ended {
    std::string key;
    base::SystemTime expires;
  };

  std::shared_ptr<const Session> unseal(const Caller& caller, std::string_view id);
  bool is_ended(const std::string& key) const;
  void forget_expired();

  StateSealer& sealer_;
  const base::Clock& clock_;
  base::Random& random_;
  std::chrono::seconds lifetime_;
  std::vector<Slot> slots_;
  std::deque<Ended> ended_in_order_;
  std::unordered_map<std::string, base::SystemTime> ended_;
};

}  // namespace gatehouse::mcp
