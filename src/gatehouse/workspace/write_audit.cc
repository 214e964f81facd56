// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/write_audit.h"

#include <algorithm>
#include <cstdint>

namespace gatehouse::workspace {

namespace {

using telemetry::Field;

constexpr std::size_t kUserShown = 12;

std::string code_of(const mcp::ToolResult& result) {
  const auto document = base::JsonDocument::parse(result.structured);
  if (!document) return "failed";
  return std::string(document->root().find_string("code").value_or("failed"));
}

}  // namespace

void WriteAudit::write(telemetry::Log& log, const Account& account,
                       const mcp::ToolResult& result) const {
  const std::string reason = outcome.empty() ? code_of(result) : std::string(outcome);
  // The principal is the user, a separator, and the client.
  const std::string_view user = account.tokens().user_key();
  const std::string_view principal = account.principal;
  const std::string_view client = principal.substr(std::min(principal.size(), user.size() + 1));
  log.info(event, {{Field::reason, reason},
                   {Field::tool, tool},
                   {Field::user, user.substr(0, kUserShown)},
                   {Field::client, client},
                   {Field::object, id},
                   {Field::count, static_cast<std::int64_t>(count)},
                   {Field::outside, static_cast<std::int64_t>(outside)}});
}

}  // namespace gatehouse::workspace
