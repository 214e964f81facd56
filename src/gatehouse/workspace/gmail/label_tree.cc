// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/label_tree.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/label_list.h"
#include "gatehouse/workspace/read_audit.h"

namespace gatehouse::workspace::gmail {

namespace {

using mcp::Arg;

constexpr std::string_view kCursorPurpose = "gmail_labels";
constexpr std::chrono::seconds kCursorLifetime{24 * 3600};
constexpr std::size_t kCursorMax = 1'000;
constexpr std::size_t kRows = 200;
constexpr std::size_t kCountedRows = 100;  // each costs a call
constexpr std::size_t kCharactersMax = 7'500;

struct LabelsArgs {
  bool counts = false;
  std::optional<std::string> cursor;
};

constexpr auto kLabelsArgs = std::tuple{
    Arg{"counts", &LabelsArgs::counts, "messages, and unread ones"}.defaults_to(false),
    Arg{"cursor", &LabelsArgs::cursor, "next of the last answer"},
};

// Where the list goes on; a complaint when the cursor is none of the caller's.
std::string open_cursor(mcp::ToolCall& call, const std::string& cursor, std::size_t& first) {
  if (cursor.size() > kCursorMax) return "This is no cursor; list from the beginning.";
  const auto state = call.sealer.open(kCursorPurpose, call.caller.principal, cursor);
  if (!state) {
    return state.error().code == base::Errc::not_found
               ? "The cursor has expired; list from the beginning."
               : "This is no cursor of yours; list from the beginning.";
  }
  std::from_chars(state->data(), state->data() + state->size(), first);
  return "";
}

std::string count_in(const google::ApiDocument& answer, std::string_view name) {
  const auto count = answer.root().find_integer(name);
  return count ? std::to_string(*count) : "";
}

base::Coroutine<mcp::ToolResult> answer_labels(Services& services, mcp::ToolCall& call,
                                               const LabelsArgs& args) {
  std::size_t first = 0;
  if (args.cursor && !args.cursor->empty()) {
    std::string complaint = open_cursor(call, *args.cursor, first);
    if (!complaint.empty()) co_return invalid_argument(std::move(complaint));
  }
  google::TokenSource& tokens = account_of(call.caller).tokens();
  const google::ApiCall list_call = list_labels();
  const auto listed = co_await services.api.call(tokens, list_call);
  if (!listed) co_return error_result(listed.error());
  const LabelList list = LabelList::read(listed->root());
  const std::vector<Label>& all = list.in_order();

  ListAnswer answer;
  answer.cols = {"label"};
  if (args.counts) answer.cols.insert(answer.cols.end(), {"unread", "messages"});
  const std::size_t rows_max = args.counts ? kCountedRows : kRows;
  std::size_t characters = 0;
  std::vector<google::ApiCall> calls;
  std::size_t end = std::min(first, all.size());
  for (; end < all.size() && end - first < rows_max; ++end) {
    characters += all[end].name.size() + (args.counts ? 24 : 6);
    if (characters > kCharactersMax && end > first) break;
    answer.rows.push_back({all[end].name});
    if (args.counts) calls.push_back(label_counts(all[end].id));
  }
  if (!calls.empty()) {
    const auto counts = co_await services.api.call_each(tokens, calls);
    std::size_t missing = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      missing += counts[i] ? 0 : 1;
      answer.rows[i].push_back(counts[i] ? count_in(*counts[i], "messagesUnread") : "");
      answer.rows[i].push_back(counts[i] ? count_in(*counts[i], "messagesTotal") : "");
    }
    if (missing > 0) answer.notes.push_back(std::to_string(missing) + " could not be counted");
  }
  if (end < all.size()) {
    answer.next = call.sealer.seal(kCursorPurpose, call.caller.principal, std::to_string(end),
                                   kCursorLifetime);
  }
  const Fence fence(services.random);
  co_return list_result(answer, fence, "Gmail");
}

base::Coroutine<mcp::ToolResult> labels(Services& services, mcp::ToolCall& call,
                                        const LabelsArgs& args) {
  mcp::ToolResult result = co_await answer_labels(services, call, args);
  const ReadAudit audit("gmail_labels");
  audit.write(services.log, account_of(call.caller), result);
  co_return result;
}

}  // namespace

mcp::Tool label_tree_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "gmail_labels";
  spec.title = "List labels";
  spec.description = "The mailbox's labels: Gmail's own, then the user's tree, A/B below A.";
  spec.scope = kWorkspaceScope;
  spec.output_schema = kListSchema;
  return mcp::make_tool(std::move(spec), kLabelsArgs, services, &labels);
}

}  // namespace gatehouse::workspace::gmail
