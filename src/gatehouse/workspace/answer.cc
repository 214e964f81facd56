// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/answer.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/workspace/json_strings.h"

namespace gatehouse::workspace {

namespace {

std::string joined(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i > 0 ? "\t" : "") + cells[i];
  return line + "\n";
}

std::string_view fix_for(google::ApiFault fault) {
  using google::ApiFault;
  switch (fault) {
    case ApiFault::scope_missing:
      return "Reconnect Gatehouse in your client and tick this permission at Google's consent "
             "page.";
    case ApiFault::reconsent_needed:
      return "Sign in again: reconnect Gatehouse in your client.";
    case ApiFault::rate_limited:
      return "Wait, then repeat the call; ask for fewer items at a time.";
    case ApiFault::not_found_or_no_access:
      return "Check the id; search again for a current one.";
    case ApiFault::blocked_by_admin:
      return "Only your Google Workspace administrator can allow this.";
    case ApiFault::too_large:
      return "Ask for less: a smaller limit or fewer ids. What is too large by itself, the user "
             "can open "
             "in Gmail.";
    case ApiFault::conflict:
      return "Read the current state, then repeat the change.";
    case ApiFault::invalid_argument:
      return "Correct the arguments and call again.";
    case ApiFault::google_unavailable:
      return "Repeat the call in a moment.";
    case ApiFault::outcome_unknown:
      return "Check whether it happened before you repeat it.";
  }
  assert(false);
  return "";
}

}  // namespace

std::string list_json(const ListAnswer& list) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  write_strings(json, "untrusted", list.untrusted);
  write_strings(json, "cols", list.cols);
  json.key("rows").begin_array();
  for (const auto& row : list.rows) {
    json.begin_array();
    for (const std::string& cell : row) json.value(cell);
    json.end_array();
  }
  json.end_array();
  if (!list.next.empty()) json.member("next", list.next);
  if (list.total_estimate) json.member("total_estimate", *list.total_estimate);
  write_strings(json, "notes", list.notes);
  json.end_object();
  return out;
}

mcp::ToolResult list_result(const ListAnswer& list, const Fence& fence, std::string_view origin) {
  mcp::ToolResult result;
  result.structured = list_json(list);
  std::string rows = joined(list.cols);
  for (const auto& row : list.rows) rows += joined(row);
  result.text = list.rows.empty() ? "No results." : fence.around(origin, rows);
  if (!list.next.empty()) result.text += "\nnext: " + list.next;
  if (list.total_estimate)
    result.text += "\ntotal_estimate: " + std::to_string(*list.total_estimate);
  for (const std::string& note : list.notes) result.text += "\nnote: " + note;
  return result;
}

mcp::ToolResult refusal_result(const Refusal& refusal) {
  mcp::ToolResult result;
  result.is_error = true;
  base::JsonWriter json(result.structured);
  json.begin_object();
  json.member("code", refusal.code).member("message", refusal.message);
  if (!refusal.fix.empty()) json.member("fix", refusal.fix);
  if (refusal.retry_after_s) json.member("retry_after_s", *refusal.retry_after_s);
  if (!refusal.consent_url.empty()) json.member("consent_url", refusal.consent_url);
  if (!refusal.scope.empty()) json.member("scope", refusal.scope);
  json.end_object();
  result.text = std::string(refusal.code) + ": " + refusal.message;
  if (!refusal.fix.empty()) result.text += "\nfix: " + std::string(refusal.fix);
  if (refusal.retry_after_s)
    result.text += "\nretry_after_s: " + std::to_string(*refusal.retry_after_s);
  if (!refusal.consent_url.empty()) result.text += "\nconsent_url: " + refusal.consent_url;
  if (!refusal.scope.empty()) result.text += "\nscope: " + std::string(refusal.scope);
  return result;
}

mcp::ToolResult refused(std::string_view code, std::string message, std::string_view fix,
                        std::optional<std::int64_t> retry_after_s) {
  return refusal_result({code, std::move(message), fix, retry_after_s});
}

Refusal refusal_of(const google::ApiError& error) {
  Refusal refusal;
  refusal.code = google::name_of(error.code);
  refusal.message = error.message;
  refusal.fix = fix_for(error.code);
  if (error.retry_after) refusal.retry_after_s = error.retry_after->count();
  return refusal;
}

mcp::ToolResult error_result(const google::ApiError& error) {
  return refusal_result(refusal_of(error));
}

mcp::RpcError rpc_error(const google::ApiError& error) {
  mcp::ToolResult failed = error_result(error);
  const bool is_callers_fault = error.code == google::ApiFault::invalid_argument;
  return mcp::RpcError(is_callers_fault ? mcp::RpcCode::invalid_params : mcp::RpcCode::internal,
                       std::move(failed.text), std::move(failed.structured));
}

bool is_scope_missing(const mcp::ToolResult& result) {
  if (!result.is_error) return false;
  const auto document = base::JsonDocument::parse(result.structured);
  return document &&
         document->root().find_string("code") == google::name_of(google::ApiFault::scope_missing);
}

std::string missing_scope(const mcp::ToolResult& failed, const std::string& otherwise) {
  const auto document = base::JsonDocument::parse(failed.structured);
  const auto named = document ? document->root().find_string("scope") : std::nullopt;
  return named ? std::string(*named) : otherwise;
}

mcp::ToolResult scope_missing(const mcp::ToolResult& failed, const Remedy& remedy) {
  const auto document = base::JsonDocument::parse(failed.structured);
  if (!document || (!remedy.allowed_meanwhile && remedy.consent_url.empty())) return failed;
  const std::string_view fix = remedy.allowed_meanwhile
                                   ? "The user has allowed it meanwhile: make this call again."
                                   : kConsentFix;
  mcp::ToolResult result;
  result.is_error = true;
  base::JsonWriter json(result.structured);
  json.begin_object();
  for (const base::JsonMember& member : document->root().members()) {
    if (member.name == "fix") continue;
    json.key(member.name).raw(member.value.to_text());
    if (member.name != "message") continue;
    json.member("fix", fix);
    if (!remedy.consent_url.empty()) json.member("consent_url", remedy.consent_url);
  }
  json.end_object();
  constexpr std::string_view kLine = "\nfix: ";
  const std::size_t line = std::min(failed.text.find(kLine), failed.text.size());
  const std::size_t end = std::min(failed.text.find('\n', line + 1), failed.text.size());
  result.text = failed.text.substr(0, line) + std::string(kLine) + std::string(fix);
  if (!remedy.consent_url.empty()) result.text += "\nconsent_url: " + remedy.consent_url;
  result.text += failed.text.substr(end);
  return result;
}

mcp::ToolResult invalid_argument(std::string message) {
  constexpr auto kFault = google::ApiFault::invalid_argument;
  return refused(google::name_of(kFault), std::move(message), fix_for(kFault));
}

mcp::ToolResult not_granted(std::string_view to_do) {
  return error_result(
      {google::ApiFault::scope_missing,
       "Google was not given permission to " + std::string(to_do) + " when you signed in.",
       {},
       0});
}

}  // namespace gatehouse::workspace
