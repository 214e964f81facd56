// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/write_audit.h"

#include <cstdint>

#include "gatehouse/telemetry/traced_log.h"
#include "gatehouse/workspace/read_audit.h"

namespace gatehouse::workspace {

namespace {

using telemetry::Field;
using telemetry::TracedLog;

}  // namespace

void WriteAudit::write(telemetry::Log& log, const Account& account,
                       const mcp::ToolResult& result) const {
  const std::string reason = outcome.empty() ? failure_code(result) : std::string(outcome);
  TracedLog(log, account.trace)
      .audit(event, {{Field::reason, reason},
                     {Field::tool, tool},
                     {Field::user, user_of(account)},
                     {Field::client, client_of(account)},
                     {Field::object, id},
                     {Field::count, static_cast<std::int64_t>(count)},
                     {Field::outside, static_cast<std::int64_t>(outside)}});
}

}  // namespace gatehouse::workspace
