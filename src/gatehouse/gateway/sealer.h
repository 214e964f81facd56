// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/mcp/state_sealer.h"
#include "gatehouse/vault/sealed_state.h"

namespace gatehouse::gateway {

// Lets the MCP engine seal its states with the vault's keys, neither knowing the other.
class Sealer final : public mcp::StateSealer {
 public:
  explicit Sealer(const vault::SealedState& state) : state_(state) {}

  std::string seal(std::string_view purpose, std::string_view principal, std::string_view state,
                   std::chrono::seconds lifetime) override {
    return state_.seal(purpose, principal, state, lifetime);
  }
  base::Result<std::string> open(std::string_view purpose, std::string_view principal,
                                 std::string_view token) override {
    return state_.open(purpose, principal, token);
  }

 private:
  const vault::SealedState& state_;
};

}  // namespace gatehouse::gateway
