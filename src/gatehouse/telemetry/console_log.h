// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/telemetry/audit_chain.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::telemetry {

// The log on stdout, for a process that has more to say there than events.
class ConsoleLog : public Log {
 public:
  // A whole line of another kind, which holds nothing of people's: metrics.
  virtual void write_document(std::string_view line) = 0;

  // From here on audit events are chained, as JSON lines; the first and the last event of the chain
  // are written by these two. Text for people has no chain.
  virtual void begin_audit(std::string chain, AuditDigest digest) = 0;
  virtual void end_audit() = 0;
  // Nothing without a chain.
  virtual std::optional<AuditHead> audit_head() const = 0;
};

// As make_console_log().
std::unique_ptr<ConsoleLog> open_console_log(Level level);

}  // namespace gatehouse::telemetry
