// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/workspace/account.h"

namespace gatehouse::workspace::gmail {

// What the log says of one call that writes mail: who, through which client,
// what came of it. No address and no content.
struct MailAudit {
  MailAudit(std::string_view fixed_event, std::string_view tool_name)
      : event(fixed_event), tool(tool_name) {}

  // Without an outcome of our own the code of the refusal stands for it.
  void write(telemetry::Log& log, const Account& account, const mcp::ToolResult& result) const;

  std::string_view event;
  std::string_view tool;
  std::string_view outcome;
  std::string id;  // Google's, of the mail
  std::size_t recipients = 0;
  std::size_t outside = 0;  // of them, people outside the organisation
};

}  // namespace gatehouse::workspace::gmail
