// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/google/api_error.h"
#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace {

// The one shape of all lists. Cells are single lines, so tabs and line ends lay the text out.
struct ListAnswer {
  std::vector<std::string> cols;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> untrusted;  // columns that strangers wrote
  std::string next;                    // cursor; empty at the end
  std::optional<std::int64_t> total_estimate;
  std::vector<std::string> notes;  // ours only
};

// Schemas say nothing about required members: a failed call answers with {code, message, fix} under
// the same schema.
inline constexpr std::string_view kListSchema =
    R"({"type":"object","properties":{"cols":{"type":"array"},"rows":{"type":"array"},)"
    R"("next":{"type":"string"}}})";

std::string list_json(const ListAnswer& list);
// `origin` names the source, like "Gmail".
mcp::ToolResult list_result(const ListAnswer& list, const Fence& fence, std::string_view origin);

// Why a tool did not do what was asked, and what would help.
struct Refusal {
  std::string_view code;  // one of the codes of ApiFault, or not_connected, blocked_by_policy
  std::string message;
  std::string_view fix;
  std::optional<std::int64_t> retry_after_s = {};
  std::string consent_url = {};  // for the person to open
  std::string_view scope = {};   // ours, of a permission that is missing beside the tool's own
};

mcp::ToolResult refusal_result(const Refusal& refusal);
mcp::ToolResult refused(std::string_view code, std::string message, std::string_view fix,
                        std::optional<std::int64_t> retry_after_s = std::nullopt);
mcp::ToolResult error_result(const google::ApiError& error);
mcp::ToolResult invalid_argument(std::string message);
// Google would not let us, for the person did not allow it; `to_do` is like "send mail".
mcp::ToolResult not_granted(std::string_view to_do);
// Whether a call failed because the person did not allow it at Google; for which scope of ours,
// when the answer names one; and the same answer, with all that it tells besides, and what can be
// done about it.
bool is_scope_missing(const mcp::ToolResult& result);
std::string missing_scope(const mcp::ToolResult& failed, const std::string& otherwise);
mcp::ToolResult scope_missing(const mcp::ToolResult& failed, const Remedy& remedy);
// What to do with a Refusal's consent_url.
inline constexpr std::string_view kConsentFix =
    "Ask the user to open consent_url in a browser and allow it there, then make this call again. "
    "The link is for this user only and works for ten minutes.";
// The same words as a protocol error, for what has no results that failed.
mcp::RpcError rpc_error(const google::ApiError& error);

Refusal refusal_of(const google::ApiError& error);

}  // namespace gatehouse::workspace
