// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/telemetry/trace.h"

namespace gatehouse::mcp {

// Who sent a request, as the host of this engine has authenticated it. The host derives from it to
// hand its own things to its tools; the engine itself only looks at what is here.
class Caller {
 public:
  virtual ~Caller() = default;

  // Names user and client together; sessions, cursors and states are bound to it. Stable over token
  // refreshes.
  std::string principal;
  std::vector<std::string> scopes;  // what this caller's token allows
  base::SystemTime expires{};       // streams end at this time at the latest
  telemetry::RequestTrace trace;    // names the request in log lines
};

}  // namespace gatehouse::mcp
