// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::telemetry {

// The log on stdout, for a process that has more to say there than events.
class ConsoleLog : public Log {
 public:
  // A whole line of another kind, which holds nothing of people's: metrics.
  virtual void write_document(std::string_view line) = 0;
};

// As make_console_log().
std::unique_ptr<ConsoleLog> open_console_log(Level level);

}  // namespace gatehouse::telemetry
