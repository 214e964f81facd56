// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/modify.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/consent.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/change_targets.h"
#include "gatehouse/workspace/gmail/label_change.h"
#include "gatehouse/workspace/gmail/label_edit.h"
#include "gatehouse/workspace/gmail/label_list.h"
#include "gatehouse/workspace/gmail/label_undo.h"
#include "gatehouse/workspace/gmail/modify_answer.h"
#include "gatehouse/workspace/gmail/request_id.h"
#include "gatehouse/workspace/gmail/search_rows.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/write_audit.h"

namespace gatehouse::workspace::gmail {

namespace {

using mcp::Arg;

constexpr std::size_t kItemsMax = 50;
constexpr std::size_t kChangeMax = 500;  // messages of one call, so that its undo stays portable
constexpr std::size_t kArrivedMax = 50;  // new ones that may come between question and answer
constexpr std::size_t kPreviewRows = 5;
constexpr std::size_t kQueryMax = 2'000;
constexpr std::size_t kQueryShown = 200;

struct ModifyArgs {
  std::optional<std::vector<std::string>> ids;
  std::optional<std::string> query;
  std::optional<MailAction> action;
  std::optional<std::vector<std::string>> add;
  std::optional<std::vector<std::string>> remove;
  bool dry_run = false;
  std::optional<std::string> request_id;
  std::optional<std::string> confirm;
};

constexpr auto kModifyArgs = std::tuple{
    Arg{"ids", &ModifyArgs::ids, "message or thread (t:) ids, Gmail URLs"},
    Arg{"query", &ModifyArgs::query, "Gmail query, instead of ids"},
    Arg{"action", &ModifyArgs::action, "what to do"}.one_of(
        "archive", "read", "unread", "star", "unstar", "trash", "untrash", "spam", "not_spam"),
    Arg{"add", &ModifyArgs::add, "label names"},
    Arg{"remove", &ModifyArgs::remove, "label names"},
    Arg{"dry_run", &ModifyArgs::dry_run, "only tell"}.defaults_to(false),
    Arg{"request_id", &ModifyArgs::request_id, "one per change"},
    Arg{"confirm", &ModifyArgs::confirm, "code of the last answer, once the user agreed"},
};

constexpr ConsentWords kWords{
    "gmail_modify",
    "change",
    "Change them",
    "the mail",
    "Nothing was changed yet, for the user has to agree.",
    "The confirm code has expired or belongs to another change. Nothing was changed.",
    "The user did not agree to this change. Nothing was changed."};

std::string_view words_for(MailAction action) {
  switch (action) {
    case MailAction::archive:
      return "Archive";
    case MailAction::read:
      return "Mark as read";
    case MailAction::unread:
      return "Mark as unread";
    case MailAction::star:
      return "Star";
    case MailAction::unstar:
      return "Unstar";
    case MailAction::trash:
      return "Move to the bin";
    case MailAction::untrash:
      return "Take out of the bin";
    case MailAction::spam:
      return "Move to spam";
    case MailAction::not_spam:
      return "Take out of spam";
  }
  return "";
}

std::string messages(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " message" : " messages");
}

std::string digest_of(const std::vector<Target>& targets, std::size_t first, std::size_t count) {
  std::vector<std::string> ids;
  for (std::size_t i = first; i < first + count; ++i) ids.push_back(targets[i].id);
  return digest_of_parts(ids);
}

// Labels that are not given and taken like others; empty: this one is.
std::string objection_to(const std::string& label, const std::string& name) {
  if (label == "TRASH") return "Use the action trash or untrash instead of the label Trash.";
  if (label == "SPAM") return "Use the action spam or not_spam instead of the label Spam.";
  if (label == "SENT" || label == "DRAFT" || label == "CHAT")
    return "Gmail itself gives the label " + name + "; it cannot be changed.";
  return "";
}

// One call of the tool.
class Modifying {
 public:
  Modifying(Services& services, mcp::ToolCall& call, const ModifyArgs& args)
      : services_(services),
        call_(call),
        args_(args),
        account_(account_of(call.caller)),
        tokens_(account_.tokens()) {}

  base::Coroutine<mcp::ToolResult> attempt() {
    std::string complaint = read();
    if (!complaint.empty()) co_return invalid_argument(std::move(complaint));
    auto profile = co_await account_.profile();
    if (!profile) co_return error_result(profile.error());
    if (!is_granted(profile->granted_scopes, kModifyScope)) co_return not_granted("change mail");
    auto repeated = answer_repeat();
    if (repeated) co_return std::move(*repeated);
    auto unresolved = co_await resolve_labels();
    if (unresolved) co_return std::move(*unresolved);

    Consent consent;
    if (!args_.dry_run) consent = find_consent(call_, kWords, digest(), args_.confirm.value_or(""));
    if (consent.answer) co_return withheld(std::move(consent));
    auto found = co_await find_targets(consent.is_given);
    if (!found) co_return error_result(found.error());
    targets_ = std::move(*found);
    if (!targets_.missing.empty()) co_return not_found();
    if (consent.is_given && !choose_what_was_shown(consent.memory)) consent.is_given = false;
    const bool is_too_much = !by_query() && targets_.due.size() > kChangeMax;
    if (is_too_much) co_return too_much();
    if (targets_.due.empty()) co_return unchanged();
    const bool must_ask = by_query() || !may_go_unasked();
    if (args_.dry_run || (must_ask && !consent.is_given)) {
      mcp::ToolResult shown = co_await show();
      co_return shown;
    }
    mcp::ToolResult changed = co_await change(consent.is_given);
    co_return changed;
  }

  const WriteAudit& audit() const { return audit_; }

 private:
  bool by_query() const { return items_.empty(); }
  bool may_go_unasked() const {
    return services_.changed_mail.may_go_unasked(tokens_.user_key(), targets_.due.size(),
                                                 services_.clock.now());
  }

  // --- what is asked for ---

  std::string read() {
    const bool has_ids = args_.ids && !args_.ids->empty();
    const std::string query = args_.query.value_or("");
    if (has_ids == (base::trim(query).size() > 0)) return "Give either ids or query.";
    if (query.size() > kQueryMax) return "query may have 2000 bytes.";
    if (has_ids && args_.ids->size() > kItemsMax)
      return "At most " + std::to_string(kItemsMax) + " ids at a time.";
    for (const std::string& text : args_.ids.value_or(std::vector<std::string>())) {
      auto reference = parse_mail_reference(text);
      if (!reference)
        return "ids must be ids from gmail_search or addresses of Gmail pages that show one mail.";
      items_.push_back(std::move(*reference));
    }
    std::string complaint = request_id_complaint(args_.request_id);
    if (!complaint.empty()) return complaint;
    const std::size_t names = names_in(args_.add) + names_in(args_.remove);
    if (!args_.action && names == 0) return "Give action, add or remove.";
    if (names > LabelChange::kLabelsMax - 2)
      return "At most " + std::to_string(LabelChange::kLabelsMax - 2) + " labels at a time.";
    if (args_.action) change_.take(*args_.action);
    return "";
  }

  static std::size_t names_in(const std::optional<std::vector<std::string>>& list) {
    return list ? list->size() : 0;
  }

  // Names the change as the user is asked about it.
  std::string digest() const {
    std::vector<std::string> parts{"query", args_.query.value_or(""), "ids"};
    for (const MailReference& item : items_)
      parts.push_back(std::to_string(static_cast<int>(item.kind)) + item.id);
    parts.emplace_back("add");
    parts.insert(parts.end(), change_.add.begin(), change_.add.end());
    parts.emplace_back("remove");
    parts.insert(parts.end(), change_.remove.begin(), change_.remove.end());
    parts.insert(parts.end(), {"with", change_.only_with, args_.request_id.value_or("")});
    return digest_of_parts(parts);
  }

  // The same before labels are looked up, for requests with an id of their own.
  std::string wish() const {
    std::vector<std::string> parts{args_.query.value_or("")};
    for (const auto* list : {&args_.ids, &args_.add, &args_.remove}) {
      parts.emplace_back("list");
      if (*list) parts.insert(parts.end(), (*list)->begin(), (*list)->end());
    }
    parts.push_back(args_.action ? std::string(words_for(*args_.action)) : "");
    return digest_of_parts(parts);
  }

  std::string key() const {
    if (args_.request_id.value_or("").empty() || args_.dry_run) return "";
    return account_.principal + " " + *args_.request_id;
  }

  std::optional<mcp::ToolResult> answer_repeat() {
    const auto entry = services_.changed_mail.find(key(), services_.clock.now());
    if (!entry) return std::nullopt;
    if (entry->content != wish()) {
      return refused("conflict", "This request_id was already used for another change.",
                     "Give another request_id for this one.");
    }
    if (!entry->is_done) {
      return refused("conflict", "This change is being made right now.",
                     "Wait for the answer of the other call.");
    }
    audit_.outcome = "already done";
    ModifyAnswer answer;
    answer.status = "already_done";
    answer.count = entry->count;
    answer.undo = entry->undo;
    answer.notes.emplace_back(
        "This was done earlier by a call with the same request_id; nothing was changed now.");
    return told(answer);
  }

  base::Coroutine<std::optional<mcp::ToolResult>> resolve_labels() {
    if (names_in(args_.add) + names_in(args_.remove) == 0) co_return std::nullopt;
    const google::ApiCall call = list_labels();
    const auto answer = co_await services_.api.call(tokens_, call);
    if (!answer) co_return error_result(answer.error());
    labels_ = LabelList::read(answer->root());
    std::string complaint = resolve(args_.add, change_.add);
    if (complaint.empty()) complaint = resolve(args_.remove, change_.remove);
    if (complaint.empty()) complaint = contradiction();
    if (complaint.empty()) co_return std::nullopt;
    co_return invalid_argument(std::move(complaint));
  }

  std::string resolve(const std::optional<std::vector<std::string>>& names,
                      std::vector<std::string>& out) const {
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
      LabelList::Found found = labels_.find(name);
      if (found.complaint.empty()) found.complaint = objection_to(found.id, name_of(found.id));
      if (!found.complaint.empty()) return found.complaint;
      if (std::find(out.begin(), out.end(), found.id) == out.end()) out.push_back(found.id);
    }
    return "";
  }

  std::string contradiction() const {
    for (const std::string& id : change_.add) {
      if (std::find(change_.remove.begin(), change_.remove.end(), id) != change_.remove.end())
        return "The label " + name_of(id) + " cannot be both added and removed.";
    }
    return "";
  }

  std::string name_of(const std::string& id) const { return labels_.name_of(id); }

  // --- which messages ---

  google::ApiTask<Targets> find_targets(bool was_shown) {
    if (!by_query()) {
      auto named = co_await targets_of(services_, tokens_, change_, items_);
      co_return named;
    }
    const std::size_t due_max = kChangeMax + (was_shown ? kArrivedMax : 0);
    auto matching = co_await targets_matching(services_, tokens_, change_, *args_.query, due_max);
    co_return matching;
  }

  std::string memory() const {
    return std::to_string(targets_.due.size()) + " " +
           digest_of(targets_.due, 0, targets_.due.size());
  }

  // Leaves just the messages that the user was asked about. New mail stands before them. False when
  // they are not all there any more.
  bool choose_what_was_shown(std::string_view memory) {
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(memory.data(), memory.data() + memory.size(), count);
    std::vector<Target>& due = targets_.due;
    if (error == std::errc() && count > 0 && count <= due.size()) {
      const std::string_view shown = memory.substr(static_cast<std::size_t>(end - memory.data()));
      for (std::size_t first = 0; first + count <= due.size(); ++first) {
        if (shown != " " + digest_of(due, first, count)) continue;
        targets_.has_more = targets_.has_more || due.size() > count;
        due = std::vector<Target>(due.begin() + static_cast<std::ptrdiff_t>(first),
                                  due.begin() + static_cast<std::ptrdiff_t>(first + count));
        return true;
      }
    }
    has_moved_ = true;
    if (by_query() && due.size() > kChangeMax) {
      due.resize(kChangeMax);
      targets_.has_more = true;
    }
    return false;
  }

  // --- telling and asking ---

  // The first messages as rows; fewer when Google does not tell.
  base::Coroutine<ListAnswer> preview() {
    std::vector<google::ApiCall> calls;
    for (std::size_t i = 0; i < targets_.due.size() && i < kPreviewRows; ++i)
      calls.push_back(message_summary(targets_.due[i].id));
    const auto answers = co_await services_.api.call_each(tokens_, calls);
    std::vector<Summary> summaries;
    for (const auto& answer : answers) {
      if (answer) summaries.push_back(read_summary(answer->root()));
    }
    RowsRequest request;
    request.columns = {Column::id, Column::from, Column::subject, Column::date};
    ListAnswer list;
    fill_rows(summaries, request, list);
    co_return list;
  }

  base::Coroutine<mcp::ToolResult> show() {
    ListAnswer rows = co_await preview();
    if (!args_.dry_run) {
      audit_.outcome = "confirmation needed";
      audit_.count = targets_.due.size();
      co_return ask_consent(services_, call_, kWords, question(rows), digest(), memory());
    }
    audit_.outcome = "dry run";
    ModifyAnswer answer;
    answer.status = "would_change";
    answer.count = targets_.due.size();
    answer.preview = std::move(rows);
    add_notes(answer);
    co_return told(answer);
  }

  std::string question(const ListAnswer& rows) const {
    std::string text = has_moved_ ? "The mailbox has changed meanwhile. " : "";
    text += what() + ": " + messages(targets_.due.size()) + "?";
    if (by_query())
      text += "\nThey match: " + shortened(clean_line(*args_.query).text, kQueryShown);
    if (targets_.has_more) text += "\nMore match; these are the newest.";
    for (const auto& row : rows.rows) text += "\n- " + row[1] + ": " + row[2] + " (" + row[3] + ")";
    if (targets_.due.size() > rows.rows.size() && !rows.rows.empty())
      text += "\nand " + std::to_string(targets_.due.size() - rows.rows.size()) + " more.";
    return text + "\nIt can be undone for 24 hours.";
  }

  // "Archive, add Ops/Review"
  std::string what() const {
    LabelChange by_action;
    std::string text;
    if (args_.action) {
      by_action.take(*args_.action);
      text = words_for(*args_.action);
    }
    const auto tell = [&](std::string_view verb, const std::vector<std::string>& ids,
                          const std::vector<std::string>& said) {
      for (const std::string& id : ids) {
        if (std::find(said.begin(), said.end(), id) != said.end()) continue;
        text += (text.empty() ? "" : ", ") + std::string(verb) + " " + name_of(id);
      }
    };
    tell("Add", change_.add, by_action.add);
    tell("Remove", change_.remove, by_action.remove);
    return text;
  }

  mcp::ToolResult withheld(Consent consent) {
    audit_.outcome = consent.is_refused ? "declined" : "confirmation needed";
    return std::move(*consent.answer);
  }

  // --- changing ---

  base::Coroutine<mcp::ToolResult> change(bool was_asked) {
    const std::size_t count = targets_.due.size();
    const base::SystemTime now = services_.clock.now();
    const auto wait = services_.changed_mail.wait_of(tokens_.user_key(), count, now);
    if (wait.count() > 0) {
      co_return refused("rate_limited",
                        "Gatehouse changes no more messages for this account in this hour.",
                        "Tell the user; repeat later.", wait.count());
    }
    // Another call may have claimed the request while this one looked.
    auto repeated = answer_repeat();
    if (repeated) co_return std::move(*repeated);
    if (call_.cancelled()) {
      co_return refused("conflict", "The call was cancelled. Nothing was changed.",
                        "Call again if it is still wanted.");
    }
    ChangedMail::Claim claim(services_.changed_mail, key(), wish(), now);
    const auto asked = was_asked ? ChangedMail::Asked::yes : ChangedMail::Asked::no;
    services_.changed_mail.note(tokens_.user_key(), count, asked, now);
    const std::vector<LabelEdit> edits = edits_of(change_, targets_.due);
    const EditOutcome outcome = co_await apply_edits(services_, tokens_, edits, EditWay::in_bulk);

    ModifyAnswer answer;
    answer.count = outcome.changed;
    answer.failed = outcome.failed;
    answer.error = outcome.error;
    answer.undo = seal_label_undo(call_, outcome.done);
    answer.status = outcome.failed == 0 ? "changed" : outcome.changed > 0 ? "partly" : "failed";
    if (outcome.gone > 0)
      answer.notes.push_back(messages(outcome.gone) + " did not exist any more");
    add_notes(answer);
    audit_.outcome = outcome.failed == 0 ? "changed" : "partly changed";
    if (count == 1) audit_.id = targets_.due.front().id;
    if (outcome.failed == 0) claim.done(answer.count, answer.undo, services_.clock.now());
    co_return told(answer);
  }

  // --- answers ---

  void add_notes(ModifyAnswer& answer) const {
    const std::size_t same = targets_.found - std::min(targets_.found, targets_.due.size());
    if (!by_query() && same > targets_.drafts)
      answer.notes.push_back(messages(same - targets_.drafts) + " needed no change");
    if (targets_.drafts > 0)
      answer.notes.push_back(messages(targets_.drafts) + " left out: drafts have no labels");
    if (targets_.has_more) answer.notes.emplace_back("more messages match: call again for them");
  }

  mcp::ToolResult unchanged() {
    audit_.outcome = "unchanged";
    ModifyAnswer answer;
    answer.status = "unchanged";
    add_notes(answer);
    return told(answer);
  }

  mcp::ToolResult told(ModifyAnswer answer) {
    audit_.count = answer.count;
    for (const std::string& id : change_.add) answer.added.push_back(name_of(id));
    for (const std::string& id : change_.remove) answer.removed.push_back(name_of(id));
    const Fence fence(services_.random);
    return modify_result(answer, fence);
  }

  mcp::ToolResult not_found() const {
    std::string ids;
    for (const std::string& id : targets_.missing) ids += (ids.empty() ? "" : ", ") + id;
    return refused("not_found_or_no_access",
                   "This mailbox has no message or thread " + ids + ". Nothing was changed.",
                   "Leave it out, or search again for a current id.");
  }

  mcp::ToolResult too_much() const {
    return refused("too_large",
                   "These are " + messages(targets_.due.size()) +
                       ", and one call changes at most " + std::to_string(kChangeMax) +
                       ". Nothing was changed.",
                   "Give fewer ids at a time.");
  }

  Services& services_;
  mcp::ToolCall& call_;
  const ModifyArgs& args_;
  const Account& account_;
  google::TokenSource& tokens_;
  std::vector<MailReference> items_;
  LabelChange change_;
  LabelList labels_;
  Targets targets_;
  bool has_moved_ = false;  // since the user was asked
  WriteAudit audit_{"mail change", "gmail_modify"};
};

}  // namespace

mcp::Tool modify_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "gmail_modify";
  spec.title = "Change mail";
  spec.description =
      "Archive, label, star or bin mail; by query only once the user agreed. undo: for "
      "workspace_undo.";
  spec.annotations = {
      .read_only = false, .destructive = false, .idempotent = true, .open_world = false};
  spec.scope = kWorkspaceWriteScope;
  spec.output_schema =
      R"({"type":"object","properties":{"status":{"type":"string"},"count":{"type":"integer"},)"
      R"("undo":{"type":"string"}}})";
  return mcp::make_tool(std::move(spec), kModifyArgs, services,
                        &run_audited<Modifying, ModifyArgs>);
}

}  // namespace gatehouse::workspace::gmail
