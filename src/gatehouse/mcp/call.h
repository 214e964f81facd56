// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/json.h"
#include "gatehouse/mcp/caller.h"
#include "gatehouse/mcp/client_capabilities.h"
#include "gatehouse/mcp/protocol.h"
#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// One request under way, as its handler sees it. Lives until the handler's coroutine has finished.
struct Call {
  Call(const Caller& who, StateSealer& seal) : caller(who), sealer(seal) {}

  const Caller& caller;
  StateSealer& sealer;
  ClientCapabilities client;
  std::chrono::steady_clock::time_point deadline{};
  // True once nobody waits for the answer any more; long work looks at it between steps.
  std::function<bool()> cancelled = [] { return false; };
  // Reports progress when the client asked for it (`total` 0 when unknown); otherwise does nothing.
  std::function<void(double progress, double total, std::string_view message)> report_progress =
      [](double, double, std::string_view) {};
  // Tells the client's log when the client wants that level. `data` is JSON; nothing secret or
  // personal belongs there.
  std::function<void(LogLevel level, std::string_view logger, std::string_view data)> log =
      [](LogLevel, std::string_view, std::string_view) {};
  // From now on the answer waits for `tasks/get`, and the time limit is that of tasks. False, and
  // nothing changes, when the client does not know tasks or the tool's declaration forbids it.
  std::function<bool()> become_task = [] { return false; };
  // Lets the client's connection go; it comes back for the answer. Does nothing where streams
  // cannot be resumed.
  std::function<void()> hang_up = [] {};

  // The client's answer to the InputRequest of that key in this or an earlier round; nullopt when
  // there is none. It is the client's word: judge it like any argument.
  std::optional<base::JsonValue> input(std::string_view key) const {
    const auto found = inputs.find(key);
    if (found == inputs.end()) return std::nullopt;
    return found->second;
  }
  std::map<std::string, base::JsonValue, std::less<>> inputs;
  std::string state;  // what the last InputRequired wanted back
};

}  // namespace gatehouse::mcp
