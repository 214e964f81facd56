// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/label_undo.h"

#include <utility>

#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/label_list.h"
#include "gatehouse/workspace/gmail/labels.h"
#include "gatehouse/workspace/gmail/modify.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::string_view kName = "gmail labels";

// How many labels had to be left out because they were deleted meanwhile.
std::size_t drop_deleted(std::vector<std::string>& labels, const LabelList& list) {
  return std::erase_if(labels,
                       [&](const std::string& id) { return is_user_label(id) && !list.holds(id); });
}

UndoReport unreadable() {
  UndoReport report;
  report.what = "message";
  report.error = google::ApiError{
      google::ApiFault::invalid_argument, "This handle is of another version of Gatehouse.", {}, 0};
  return report;
}

base::Coroutine<UndoReport> take_back(Services& services, mcp::ToolCall& call,
                                      const std::string& state) {
  const auto done = parse_edits(state);
  if (!done) co_return unreadable();
  google::TokenSource& tokens = account_of(call.caller).tokens();
  UndoReport report;
  report.what = "message";
  const google::ApiCall list_call = list_labels();
  const auto listed = co_await services.api.call(tokens, list_call);
  if (!listed) {
    for (const LabelEdit& edit : *done) report.failed += edit.messages.size();
    report.error = listed.error();
    co_return report;
  }
  const LabelList labels = LabelList::read(listed->root());
  std::vector<LabelEdit> edits;
  std::size_t deleted = 0;
  for (const LabelEdit& edit : *done) {
    LabelEdit back = edit.reversed();
    deleted += drop_deleted(back.add, labels);
    drop_deleted(back.remove, labels);  // gone from the messages with the label
    if (back.add.empty() && back.remove.empty()) {
      report.restored += edit.messages.size();
    } else {
      edits.push_back(std::move(back));
    }
  }
  const EditOutcome outcome = co_await apply_edits(services, tokens, edits, EditWay::one_by_one);
  report.restored += outcome.changed;
  report.gone = outcome.gone;
  report.failed = outcome.failed;
  report.error = outcome.error;
  if (deleted > 0)
    report.notes.emplace_back(
        "A label that was taken off does not exist any more; it was not restored.");
  co_return report;
}

}  // namespace

UndoKind label_undo() { return {kName, kModifyMode, kModifyScope, &take_back}; }

std::string seal_label_undo(mcp::ToolCall& call, const std::vector<LabelEdit>& done) {
  return done.empty() ? "" : seal_undo(call, kName, text_of(done));
}

}  // namespace gatehouse::workspace::gmail
