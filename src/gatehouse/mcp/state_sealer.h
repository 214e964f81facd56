// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::mcp {

// Turns state into a token that only this deployment can read back: session ids, cursors,
// continuation states. Any replica and any restart opens what another sealed. Authenticated
// encryption; URL-safe output.
class StateSealer {
 public:
  virtual ~StateSealer() = default;

  // `purpose` separates kinds of state, `principal` binds it to one caller.
  virtual std::string seal(std::string_view purpose, std::string_view principal,
                           std::string_view state, std::chrono::seconds lifetime) = 0;
  // Errc::denied: not ours, altered, of another purpose or principal. Errc::not_found: past its
  // lifetime.
  virtual base::Result<std::string> open(std::string_view purpose, std::string_view principal,
                                         std::string_view token) = 0;
};

}  // namespace gatehouse::mcp
