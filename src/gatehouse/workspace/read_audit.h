// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/workspace/account.h"

namespace gatehouse::workspace {

// What the log says of one call that reads: who, through which client, what came of it, and what it
// showed. No question, no address and no content.
class ReadAudit {
 public:
  explicit ReadAudit(std::string_view tool_name) : tool_(tool_name) {}

  // A thing of Google's that the answer shows, by its id. The log names it by the beginning of the
  // id's SHA-256: who knows an id finds its lines, and nobody learns an id from them.
  void show(std::string_view id);

  // One line, and another for every twenty things more.
  void write(telemetry::Log& log, const Account& account, const mcp::ToolResult& result) const;
  void write(telemetry::Log& log, const Account& account, std::string_view outcome) const;

 private:
  std::string_view tool_;
  std::vector<std::string> shown_;
};

// The code of a call that failed.
std::string failure_code(const mcp::ToolResult& result);

// The client that an account calls through.
std::string_view client_of(const Account& account);
// The user, as the log names them.
std::string_view user_of(const Account& account);

}  // namespace gatehouse::workspace
