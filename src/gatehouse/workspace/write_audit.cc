// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/write_audit.h"

#include <cstdint>

#include "gatehouse/workspace/read_audit.h"

namespace gatehouse::workspace {

namespace {

using telemetry::Field;

}  // namespace

void WriteAudit::write(telemetry::Log& log, const Account& account,
                       const mcp::ToolResult& result) const {
  const std::string reason = outcome.empty() ? failure_code(result) : std::string(outcome);
  log.audit(event, {{Field::reason, reason},
                    {Field::tool, tool},
                    {Field::user, user_of(account)},
                    {Field::client, client_of(account)},
                    {Field::object, id},
                    {Field::count, static_cast<std::int64_t>(count)},
                    {Field::outside, static_cast<std::int64_t>(outside)},
                    {Field::trace_id, trace_id_of(account)},
                    {Field::request_id, request_id_of(account)}});
}

}  // namespace gatehouse::workspace
