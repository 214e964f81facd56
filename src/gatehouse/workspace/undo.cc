// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/undo.h"

#include "gatehouse/workspace/account.h"

namespace gatehouse::workspace {

namespace {

constexpr std::string_view kPurpose = "workspace_undo";
constexpr std::size_t kHandleMax = 60'000;

const std::string& owner_of(const mcp::ToolCall& call) {
  return account_of(call.caller).tokens().user_key();
}

OpenedUndo refused(std::string complaint) {
  OpenedUndo opened;
  opened.complaint = std::move(complaint);
  return opened;
}

}  // namespace

std::string seal_undo(mcp::ToolCall& call, std::string_view kind, const std::string& state) {
  return call.sealer.seal(kPurpose, owner_of(call), std::string(kind) + "\n" + state,
                          kUndoLifetime);
}

OpenedUndo open_undo(mcp::ToolCall& call, const std::string& handle) {
  if (handle.empty() || handle.size() > kHandleMax)
    return refused("undo must be the handle that a tool answered, in full.");
  const auto sealed = call.sealer.open(kPurpose, owner_of(call), handle);
  if (!sealed) {
    return refused(sealed.error().code == base::Errc::not_found
                       ? "This handle is older than 24 hours, so it undoes nothing any more."
                       : "This is no undo handle of this user, or not the whole of one.");
  }
  OpenedUndo opened;
  const std::size_t line_end = sealed->find('\n');
  opened.kind = sealed->substr(0, line_end);
  opened.state = line_end == std::string::npos ? "" : sealed->substr(line_end + 1);
  return opened;
}

}  // namespace gatehouse::workspace
