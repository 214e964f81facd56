// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/draft.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/gmail/compose.h"
#include "gatehouse/workspace/gmail/mail_answer.h"
#include "gatehouse/workspace/gmail/mail_request.h"
#include "gatehouse/workspace/gmail/send_consent.h"
#include "gatehouse/workspace/gmail/uploaded_files.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/write_audit.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiFault;
using mcp::Arg;

constexpr std::size_t kDraftIdMax = 64;

struct DraftArgs : MailArgs {
  std::optional<std::string> draft_id;
};

constexpr auto kDraftArgs =
    std::tuple_cat(mail_rows<DraftArgs>(),
                   std::tuple{Arg{"draft_id", &DraftArgs::draft_id, "replace this draft"}});

bool is_draft_id(std::string_view text) {
  return !text.empty() && text.size() <= kDraftIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

// One call of the tool.
class Drafting {
 public:
  Drafting(Services& services, mcp::ToolCall& call, const DraftArgs& args)
      : services_(services),
        args_(args),
        account_(account_of(call.caller)),
        tokens_(account_.tokens()) {}

  base::Coroutine<mcp::ToolResult> attempt() {
    MailWish wish;
    std::string complaint = read_mail_args(args_, wish);
    if (!complaint.empty()) co_return invalid_argument(std::move(complaint));
    const std::string draft_id = args_.draft_id.value_or("");
    if (args_.draft_id && !is_draft_id(draft_id))
      co_return invalid_argument("draft_id must be one that gmail_draft gave.");
    auto profile = co_await account_.profile();
    if (!profile) co_return error_result(profile.error());
    if (!is_granted(profile->granted_scopes, "gmail.compose")) co_return not_granted();
    const auto refused = reading_refused(wish, *profile);
    if (refused) co_return error_result(*refused);
    const auto from = sender_of(*profile);
    if (!from) co_return no_sender();

    auto composed = co_await compose_mail(services_, tokens_, *from, wish);
    if (!composed) co_return error_result(composed.error());
    if (composed->refusal) co_return refusal_result(*composed->refusal);
    composed->message.message_id = "<gh." + services_.random.token(16) + "@" + from->domain + ">";
    MailDoor door;
    door.kind = draft_id.empty() ? MailDoor::Kind::new_draft : MailDoor::Kind::replaced_draft;
    door.draft_id = draft_id;
    auto request = co_await write_request(services_, tokens_, *composed, door);
    if (!request) co_return error_result(request.error());
    const auto answer = co_await services_.api.call(tokens_, request->call);
    if (!answer && answer.error().code == ApiFault::outcome_unknown) co_return unknown();
    if (!answer) co_return error_result(answer.error());
    co_return kept(answer->root(), *composed, *profile);
  }

  const WriteAudit& audit() const { return audit_; }

 private:
  static mcp::ToolResult not_granted() {
    return error_result({ApiFault::scope_missing,
                         "Google was not given permission to write drafts when you signed in.",
                         {},
                         0});
  }

  static mcp::ToolResult no_sender() {
    Refusal refusal;
    refusal.code = "blocked_by_policy";
    refusal.message = "Mail cannot be written from this account's address.";
    return refusal_result(refusal);
  }

  static mcp::ToolResult unknown() {
    Refusal refusal;
    refusal.code = "outcome_unknown";
    refusal.message = "Google's answer was lost, so the draft may or may not be there.";
    refusal.fix =
        "Have the user look into Drafts before you write it again; "
        "nothing was sent.";
    return refusal_result(refusal);
  }

  mcp::ToolResult kept(const base::JsonValue& draft, const ComposedMail& mail,
                       const Profile& profile) {
    const auto message = draft.find("message");
    MailAnswer answer;
    answer.status = "draft";
    answer.draft_id = std::string(draft.find_string("id").value_or(""));
    if (message) answer.id = std::string(message->find_string("id").value_or(""));
    if (message) answer.thread_id = std::string(message->find_string("threadId").value_or(""));
    answer.recipients = recipients_of(mail.message);
    answer.odd_addresses = mail.odd_addresses;
    answer.attachments = mail.message.files.size();
    audit_.outcome = "draft";
    audit_.id = answer.id;
    audit_.count = answer.recipients.size();
    audit_.outside = outside_recipients(mail.message, profile).size();
    return mail_result(answer);
  }

  Services& services_;
  const DraftArgs& args_;
  const Account& account_;
  google::TokenSource& tokens_;
  WriteAudit audit_{"mail draft", "gmail_draft"};
};

}  // namespace

mcp::Tool draft_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "gmail_draft";
  spec.title = "Draft mail";
  spec.description =
      "Write a mail, reply or forward as a draft for the user to send, or replace one.";
  spec.annotations = {
      .read_only = false, .destructive = false, .idempotent = false, .open_world = false};
  spec.scope = kWorkspaceWriteScope;
  spec.output_schema = R"({"type":"object","properties":{"draft_id":{},"id":{},"thread_id":{}}})";
  return mcp::make_tool(std::move(spec), kDraftArgs, services,
                        &run_with_uploads<Drafting, DraftArgs>);
}

}  // namespace gatehouse::workspace::gmail
