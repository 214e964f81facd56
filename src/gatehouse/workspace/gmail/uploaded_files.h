// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/file_links.h"
#include "gatehouse/workspace/tools.h"
#include "gatehouse/workspace/write_audit.h"

namespace gatehouse::workspace::gmail {

// What the `attachments` of a call name of uploads, put in terms of mail: an upload lies in a draft
// of the account's, and is attached like a file of any other mail.
class UploadedFiles {
 public:
  UploadedFiles(Services& services, const Account& account)
      : services_(services), account_(account) {}

  // Puts file handles in place of "file:..."; an answer that ends the call when one of them stands
  // for nothing.
  base::Coroutine<std::optional<mcp::ToolResult>> resolve(
      std::optional<std::vector<std::string>>& attachments);
  // The mail is out: the drafts have served. Best effort, logged.
  base::Coroutine<void> drop_drafts();

 private:
  Services& services_;
  const Account& account_;
  std::vector<std::string> drafts_;
};

// Whether a tool that writes mail says that it went out, now or before.
bool is_sent(const mcp::ToolResult& result);

// run_audited() for a tool whose arguments have `attachments`.
template <class Writing, class Args>
base::Coroutine<mcp::ToolResult> run_with_uploads(Services& services, mcp::ToolCall& call,
                                                  const Args& args) {
  UploadedFiles files(services, account_of(call.caller));
  Args resolved = args;
  auto refused = co_await files.resolve(resolved.attachments);
  if (refused) {
    const Writing idle(services, call, resolved);
    idle.audit().write(services.log, account_of(call.caller), *refused);
    co_return std::move(*refused);
  }
  mcp::ToolResult result = co_await run_audited<Writing, Args>(services, call, resolved);
  if (!is_sent(result)) co_return result;
  co_await files.drop_drafts();
  co_return result;
}

}  // namespace gatehouse::workspace::gmail
