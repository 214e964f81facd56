// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/undo.h"
#include "gatehouse/workspace/write_audit.h"

namespace gatehouse::workspace {

namespace {

using mcp::Arg;

struct UndoArgs {
  std::string undo;
};

constexpr auto kUndoArgs = std::tuple{
    Arg{"undo", &UndoArgs::undo, "handle of the answer, in full"},
};

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

// One call of the tool.
class Undoing {
 public:
  Undoing(Services& services, mcp::ToolCall& call, const UndoArgs& args)
      : services_(services), call_(call), args_(args) {}

  base::Coroutine<mcp::ToolResult> attempt() {
    const OpenedUndo opened = open_undo(call_, args_.undo);
    if (!opened.complaint.empty()) co_return invalid_argument(opened.complaint);
    const std::optional<UndoKind> kind = kind_of(opened.kind);
    if (!kind) co_return not_here();
    const Account& account = account_of(call_.caller);
    auto profile = co_await account.profile();
    if (!profile) co_return error_result(profile.error());
    if (!is_granted(profile->granted_scopes, kind->scope)) co_return not_granted("change this");
    const UndoReport report = co_await kind->take_back(services_, call_, opened.state);
    co_return answer(report);
  }

  const WriteAudit& audit() const { return audit_; }

 private:
  std::optional<UndoKind> kind_of(const std::string& name) const {
    for (const UndoKind& kind : all_undo_kinds()) {
      if (kind.name == name && allows(services_.mode, kind.least)) return kind;
    }
    return std::nullopt;
  }

  static mcp::ToolResult not_here() {
    return refused("blocked_by_policy",
                   "This server does not make changes of that kind, so it undoes none either.", "");
  }

  mcp::ToolResult answer(const UndoReport& report) {
    audit_.count = report.restored;
    const bool is_done = report.failed == 0 && !report.error;
    if (is_done) audit_.outcome = report.restored > 0 ? "undone" : "nothing left";
    mcp::ToolResult result;
    base::JsonWriter json(result.structured);
    json.begin_object();
    const auto put = [&](std::string_view name, std::string_view value) {
      json.member(name, value);
      result.text += (result.text.empty() ? "" : "\n") + std::string(name) + ": ";
      result.text += value;
    };
    if (!is_done) put_error(report, put);
    if (!is_done && report.error && report.error->retry_after)
      json.member("retry_after_s", report.error->retry_after->count());
    if (is_done) put("status", audit_.outcome);
    result.is_error = !is_done;
    json.member("restored", report.restored);
    result.text += "\nrestored: " + counted(report.restored, report.what);
    if (report.gone > 0) {
      json.member("gone", report.gone);
      result.text += "\ngone: " + counted(report.gone, report.what) +
                     (report.gone == 1 ? " that does not exist" : " that do not exist") +
                     " any more and cannot be restored";
    }
    if (report.failed > 0) {
      json.member("failed", report.failed);
      result.text += "\nfailed: " + counted(report.failed, report.what);
    }
    if (!report.notes.empty()) {
      json.key("notes").begin_array();
      for (const std::string& note : report.notes) {
        json.value(note);
        result.text += "\nnote: " + note;
      }
      json.end_array();
    }
    json.end_object();
    return result;
  }

  template <class Put>
  static void put_error(const UndoReport& report, const Put& put) {
    const Refusal refusal = refusal_of(*report.error);
    put("code", refusal.code);
    put("message", refusal.message);
    put("fix", "Call again with the same undo: what is restored already stays as it is.");
  }

  Services& services_;
  mcp::ToolCall& call_;
  const UndoArgs& args_;
  WriteAudit audit_{"undo", "workspace_undo"};
};

}  // namespace

mcp::Tool undo_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "workspace_undo";
  spec.title = "Undo a change";
  spec.description =
      "Take back a change that answered with undo, within 24 hours. Says what could not be "
      "restored.";
  spec.annotations = {
      .read_only = false, .destructive = false, .idempotent = true, .open_world = false};
  spec.scope = kWorkspaceWriteScope;
  spec.output_schema =
      R"({"type":"object","properties":{"status":{"type":"string"},"restored":{"type":"integer"},)"
      R"("gone":{"type":"integer"}}})";
  return mcp::make_tool(std::move(spec), kUndoArgs, services, &run_audited<Undoing, UndoArgs>);
}

}  // namespace gatehouse::workspace
