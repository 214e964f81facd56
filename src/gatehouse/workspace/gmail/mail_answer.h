// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/untrusted_text.h"

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

// What a tool would write. Subject and names of files may be a stranger's.
struct MailPreview {
  std::string_view status;
  std::string draft_id;
  std::string from;
  std::vector<std::string> recipients;
  std::vector<std::string> outside;    // of them, those outside the organisation
  std::string_view confirmation = {};  // whether the user would be asked
  std::string subject;
  std::vector<std::string> files;  // in words
  std::size_t size = 0;            // in bytes, about
  std::size_t odd_addresses = 0;   // of the answered mail, left out
};

mcp::ToolResult preview_result(const MailPreview& preview, const Fence& fence);

}  // namespace gatehouse::workspace::gmail
