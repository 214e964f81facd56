// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/mcp/tool.h"

namespace gatehouse::workspace::gmail {

// What a tool tells of a mail that it wrote.
struct MailAnswer {
  std::string_view status;
  std::string draft_id;
  std::string id, thread_id;
  std::vector<std::string> recipients;
  std::size_t odd_addresses = 0;  // of the answered mail, left out
  std::size_t attachments = 0;
};

mcp::ToolResult mail_result(const MailAnswer& answer);

}  // namespace gatehouse::workspace::gmail
