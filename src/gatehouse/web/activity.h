// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"

namespace gatehouse::web {

// How often a tool, or reading by address, was called through a session.
struct ToolUse {
  ToolUse() {}
  std::string name;
  bool changes = false;  // it may change or send something
  std::int64_t calls = 0;
};

struct SessionActivity {
  SessionActivity() {}
  base::SystemTime last{};
  std::vector<ToolUse> tools;  // the most used first
};

// What was done through sessions, as far as whoever runs the tools remembers it. Nothing is stored
// for it: the audit is in the log.
class ActivitySource {
 public:
  virtual ~ActivitySource() = default;
  // nullopt: no call was seen.
  virtual std::optional<SessionActivity> of(std::string_view grant) const = 0;
  virtual base::SystemTime since() const = 0;
};

}  // namespace gatehouse::web
