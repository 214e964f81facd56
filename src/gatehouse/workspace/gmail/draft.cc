// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/draft.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/compose.h"
#include "gatehouse/workspace/gmail/composed_answer.h"
#include "gatehouse/workspace/gmail/draft_mail.h"
#include "gatehouse/workspace/gmail/mail_request.h"
#include "gatehouse/workspace/gmail/request_id.h"
#include "gatehouse/workspace/gmail/send_consent.h"
#include "gatehouse/workspace/gmail/sent_lookup.h"
#include "gatehouse/workspace/gmail/uploaded_files.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/write_audit.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiFault;
using mcp::Arg;

struct DraftArgs : MailArgs {
  std::optional<std::string> draft_id;
  std::optional<bool> dry_run;
  std::optional<std::string> request_id;
};

constexpr auto kDraftArgs = std::tuple_cat(
    mail_rows<DraftArgs>(), std::tuple{
                                Arg{"draft_id", &DraftArgs::draft_id, "replace this draft"},
                                Arg{"dry_run", &DraftArgs::dry_run, "only tell"},
                                Arg{"request_id", &DraftArgs::request_id, "repeats write nothing"},
                            });

// One call of the tool.
class Drafting {
 public:
  Drafting(Services& services, mcp::ToolCall& call, const DraftArgs& args)
      : services_(services),
        args_(args),
        account_(account_of(call.caller)),
        tokens_(account_.tokens()) {}

  base::Coroutine<mcp::ToolResult> attempt() {
    std::string complaint = read();
    if (!complaint.empty()) co_return invalid_argument(std::move(complaint));
    auto profile = co_await account_.profile();
    if (!profile) co_return error_result(profile.error());
    if (!is_granted(profile->granted_scopes, "gmail.compose"))
      co_return not_granted("write drafts");
    const auto unread = reading_refused(wish_, *profile);
    if (unread) co_return refusal_result(*unread);
    const auto account = sender_of(*profile);
    if (!account) co_return no_sender();
    if (has_name()) {
      request_ =
          name_new_draft(wish_, draft_id_, *args_.request_id, account_.principal, account->domain);
      auto repeated = co_await answer_repeat();
      if (repeated) co_return std::move(*repeated);
    }
    auto composed = co_await compose_mail(services_, tokens_, *account, wish_);
    if (!composed) co_return error_result(composed.error());
    mail_ = std::move(*composed);
    if (mail_.refusal) co_return refusal_result(*mail_.refusal);
    audit_.count = recipients_of(mail_.message).size();
    const std::vector<MailAddress> outside = outside_recipients(mail_.message, *profile);
    audit_.outside = outside.size();
    if (args_.dry_run.value_or(false)) co_return preview(outside);
    mail_.message.message_id =
        has_name() ? request_.message_id()
                   : "<gh." + services_.random.token(16) + "@" + account->domain + ">";
    if (has_name()) mail_.message.mark = request_.mark();
    mcp::ToolResult result = co_await keep();
    co_return result;
  }

  const WriteAudit& audit() const { return audit_; }

 private:
  bool has_name() const { return !args_.request_id.value_or("").empty(); }
  std::string key() const { return tokens_.user_key() + " " + request_.name; }

  std::string read() {
    if (args_.draft_id && !is_draft_id(*args_.draft_id))
      return "draft_id must be one that gmail_draft gave, or the id of a draft's message.";
    draft_id_ = args_.draft_id.value_or("");
    std::string complaint = request_id_complaint(args_.request_id);
    if (!complaint.empty()) return complaint;
    return read_mail_args(args_, wish_);
  }

  // --- what was written before ---

  // An answer when this request was written before, or may have been.
  base::Coroutine<std::optional<mcp::ToolResult>> answer_repeat() {
    const auto entry = services_.kept_drafts.find(key(), services_.clock.now());
    if (entry && entry->content != request_.content) co_return other_content();
    if (entry) lost_at_ = entry->since;
    if (entry && entry->state == SentMail::State::sending) co_return being_written();
    if (entry && entry->state == SentMail::State::sent) {
      auto known = co_await answer_known(*entry);
      co_return known;
    }
    auto found = co_await find_draft(services_, tokens_, request_);
    if (!found) co_return error_result(found.error());
    if (*found) co_return already_there(**found);
    if (entry && services_.clock.now() < entry->since + kSettling) co_return unknown();
    co_return std::nullopt;
  }

  // It is not written again, even if the user has sent or deleted it since.
  base::Coroutine<std::optional<mcp::ToolResult>> answer_known(const SentMail::Entry& entry) {
    const google::ApiCall call = draft_headers(entry.draft_id);
    const auto draft = co_await services_.api.call(tokens_, call);
    if (!draft && draft.error().code == ApiFault::not_found_or_no_access) co_return gone();
    if (!draft) co_return error_result(draft.error());
    DraftCopy copy = copy_of(draft->root());
    copy.draft_id = entry.draft_id;
    co_return already_there(copy);
  }

  // --- writing ---

  base::Coroutine<mcp::ToolResult> keep() {
    MailDoor door;
    if (!draft_id_.empty()) {
      auto resolved = co_await resolve_draft(services_, tokens_, draft_id_);
      if (!resolved) co_return error_result(resolved.error());
      door.kind = MailDoor::Kind::replaced_draft;
      door.draft_id = std::move(*resolved);
    } else {
      door.kind = MailDoor::Kind::new_draft;
    }
    auto request = co_await write_request(services_, tokens_, mail_, door);
    if (!request) co_return error_result(request.error());
    if (has_name() && has_begun_elsewhere()) co_return being_written();
    std::optional<SentMail::Claim> claim;
    if (has_name()) {
      services_.kept_drafts.begin_also(key(), request_.content, services_.clock.now());
      claim.emplace(services_.kept_drafts, key(), services_.clock);
    }
    const auto answer = co_await services_.api.call(tokens_, request->call);
    if (answer) {
      const DraftCopy copy = copy_of(answer->root());
      if (claim) claim->sent(copy.id, copy.thread_id, copy.draft_id);
      co_return kept("draft", copy);
    }
    if (answer.error().code != ApiFault::outcome_unknown) {
      if (claim) claim->not_sent();
      co_return error_result(answer.error());
    }
    if (!claim) co_return unknown();
    auto found = co_await find_draft(services_, tokens_, request_);
    if (!found || !*found) co_return unknown();
    claim->sent((*found)->id, (*found)->thread_id, (*found)->draft_id);
    co_return kept("draft", **found);
  }

  // Whether another call has begun while this one looked.
  bool has_begun_elsewhere() const {
    const auto entry = services_.kept_drafts.find(key(), services_.clock.now());
    return entry && (entry->state != SentMail::State::unknown || entry->since != lost_at_);
  }

  static DraftCopy copy_of(const base::JsonValue& draft) {
    DraftCopy copy;
    copy.draft_id = std::string(draft.find_string("id").value_or(""));
    const auto message = draft.find("message");
    if (message) copy.id = std::string(message->find_string("id").value_or(""));
    if (message) copy.thread_id = std::string(message->find_string("threadId").value_or(""));
    return copy;
  }

  // --- answers ---

  mcp::ToolResult preview(const std::vector<MailAddress>& outside) {
    audit_.outcome = "dry run";
    MailPreview out = preview_of(mail_, outside);
    out.status = "would_draft";
    out.draft_id = draft_id_;
    out.size = size_of(mail_.message, services_.random);
    const Fence fence(services_.random);
    return preview_result(out, fence);
  }

  static mcp::ToolResult other_content() {
    return refused("conflict", "This request_id was already used for another draft.",
                   "Give another request_id to write this one.");
  }

  static mcp::ToolResult being_written() {
    return refused("conflict", "This draft is being written right now.",
                   "Wait for the answer of the other call.");
  }

  static mcp::ToolResult gone() {
    return refused("conflict",
                   "A draft was written for this request_id, and it was sent or deleted since. "
                   "Nothing was written now.",
                   "Give another request_id to write it once more.");
  }

  static mcp::ToolResult no_sender() {
    return refused("blocked_by_policy", "Mail cannot be written from this account's address.", "");
  }

  mcp::ToolResult unknown() const {
    constexpr std::string_view kMessage =
        "Google's answer was lost, so the draft may or may not be there. Nothing was sent.";
    if (!has_name()) {
      return refused("outcome_unknown", std::string(kMessage),
                     "Have the user look into Drafts before you write it again.");
    }
    return refused("outcome_unknown", std::string(kMessage),
                   "Repeat the call as it was after retry_after_s: Gatehouse looks into Drafts and "
                   "writes only what is not there.",
                   kSettling.count());
  }

  mcp::ToolResult already_there(const DraftCopy& copy) {
    if (!copy.content.empty() && copy.content != request_.content) return other_content();
    mcp::ToolResult result = kept("already_drafted", copy);
    audit_.outcome = "already drafted";
    result.text =
        "A draft was written for this request_id earlier; nothing was written now.\n" + result.text;
    return result;
  }

  mcp::ToolResult kept(std::string_view status, const DraftCopy& copy) {
    audit_.outcome = "draft";
    audit_.id = copy.id;
    MailAnswer answer = answer_of(mail_);
    answer.status = status;
    answer.draft_id = copy.draft_id;
    answer.id = copy.id;
    answer.thread_id = copy.thread_id;
    return mail_result(answer);
  }

  Services& services_;
  const DraftArgs& args_;
  const Account& account_;
  google::TokenSource& tokens_;
  MailWish wish_;
  std::string draft_id_;
  SendRequest request_;
  ComposedMail mail_;
  std::optional<base::SystemTime> lost_at_;  // when the answer to it was last given up
  WriteAudit audit_{"mail draft", "gmail_draft"};
};

}  // namespace

mcp::Tool draft_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "gmail_draft";
  spec.title = "Draft mail";
  spec.description = "Write mail as a draft for the user to send, or replace a draft.";
  spec.annotations = {
      .read_only = false, .destructive = false, .idempotent = false, .open_world = false};
  spec.scope = kWorkspaceWriteScope;
  spec.output_schema = R"({"type":"object"})";
  return mcp::make_tool(std::move(spec), kDraftArgs, services,
                        &run_with_uploads<Drafting, DraftArgs>);
}

}  // namespace gatehouse::workspace::gmail
