// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/send.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/consent.h"
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

using google::ApiError;
using google::ApiFault;
using mcp::Arg;

struct SendArgs : MailArgs {
  std::optional<std::string> draft_id;
  std::optional<bool> dry_run;
  std::optional<std::string> request_id;
  std::optional<std::string> confirm;
};

constexpr auto kSendArgs = std::tuple_cat(
    mail_rows<SendArgs>(), std::tuple{
                               Arg{"draft_id", &SendArgs::draft_id, "instead of all above"},
                               Arg{"dry_run", &SendArgs::dry_run, "only tell"},
                               Arg{"request_id", &SendArgs::request_id, "repeats send nothing"},
                               Arg{"confirm", &SendArgs::confirm, "code once the user agreed"},
                           });

// Names of the arguments that say what is in a mail, as far as they were given.
std::string composing_arguments(const MailArgs& args) {
  std::string names;
  const auto add = [&](std::string_view name, bool is_given) {
    if (is_given) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  add("to", args.to.has_value());
  add("cc", args.cc.has_value());
  add("bcc", args.bcc.has_value());
  add("subject", args.subject.has_value());
  add("body", args.body.has_value());
  add("reply_to", args.reply_to.has_value());
  add("reply_all", args.reply_all.has_value());
  add("forward", args.forward.has_value());
  add("attachments", args.attachments.has_value());
  add("from", args.from.has_value());
  return names;
}

// One call of the tool.
class Sending {
 public:
  Sending(Services& services, mcp::ToolCall& call, const SendArgs& args)
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
    if (!is_granted(profile->granted_scopes, is_draft() ? "gmail.compose" : "gmail.send"))
      co_return not_granted("send mail");
    can_read_ = is_granted(profile->granted_scopes, "gmail.readonly");
    const auto unread = reading_refused(wish_, *profile);
    if (unread) co_return refusal_result(*unread);
    const auto account = sender_of(*profile);
    if (!account) co_return no_address();
    request_ = named(*account);

    auto repeated = co_await answer_repeat();
    if (repeated) co_return std::move(*repeated);
    auto unwritten = co_await load_mail(*account);
    if (unwritten) co_return std::move(*unwritten);
    complaint = judge_recipients();
    if (!complaint.empty()) co_return invalid_argument(std::move(complaint));
    auto withheld = withhold(*profile);
    if (withheld) co_return std::move(*withheld);
    auto request = co_await written();
    if (!request) co_return error_result(request.error());
    mcp::ToolResult sent = co_await send_once(*request);
    co_return sent;
  }

  const WriteAudit& audit() const { return audit_; }

 private:
  bool is_draft() const { return args_.draft_id.has_value(); }

  std::string read() {
    std::string complaint = request_id_complaint(args_.request_id);
    if (!complaint.empty()) return complaint;
    if (is_draft()) return read_draft_id();
    complaint = read_mail_args(args_, wish_);
    if (!complaint.empty()) return complaint;
    return wish_.to.empty() && !wish_.reply_to ? "Give to, or reply_to." : "";
  }

  std::string read_draft_id() const {
    if (!is_draft_id(*args_.draft_id))
      return "draft_id must be one that gmail_draft gave, or the id of a draft's message.";
    const std::string others = composing_arguments(args_);
    if (others.empty()) return "";
    return "draft_id sends the draft as it stands: leave out " + others +
           ". To change the draft first, call gmail_draft with this draft_id.";
  }

  SendRequest named(const MailAddress& account) const {
    const std::string request_id = args_.request_id.value_or("");
    if (is_draft()) {
      return name_draft(*args_.draft_id, request_id, account_.principal, tokens_.user_key(),
                        account.domain);
    }
    return name_request(wish_, request_id, account_.principal, account.domain,
                        services_.clock.now());
  }

  // Reads or writes what is to be sent; an answer when that cannot be.
  base::Coroutine<std::optional<mcp::ToolResult>> load_mail(const MailAddress& account) {
    if (is_draft()) {
      auto draft = co_await load_draft(services_, tokens_, account, *args_.draft_id);
      if (!draft) co_return error_result(draft.error());
      draft_ = std::move(*draft);
    } else {
      auto composed = co_await compose_mail(services_, tokens_, account, wish_);
      if (!composed) co_return error_result(composed.error());
      draft_.mail = std::move(*composed);
    }
    if (mail_.refusal) co_return refusal_result(*mail_.refusal);
    mail_.message.message_id = request_.message_id();
    mail_.message.mark = request_.mark();
    co_return std::nullopt;
  }

  google::ApiTask<MailRequest> written() {
    if (is_draft()) {
      auto as_it_stands = co_await write_sent_draft(services_, tokens_, draft_);
      co_return as_it_stands;
    }
    const MailDoor door;
    auto request = co_await write_request(services_, tokens_, mail_, door);
    co_return request;
  }

  // --- what was sent before ---

  // An answer when this request was sent before, or may have been.
  base::Coroutine<std::optional<mcp::ToolResult>> answer_repeat() {
    std::optional<mcp::ToolResult> known = answer_known();
    if (known) co_return known;
    const auto entry = known_entry();
    if (entry) lost_at_ = entry->since;
    const bool may_settle = entry && services_.clock.now() < entry->since + kSettling;
    if (!can_read_) {
      // Of a draft it can be seen, and Google sees to it, that it is there no more once it is sent.
      if (entry && (!is_draft() || may_settle)) co_return still_unknown();
      co_return std::nullopt;
    }
    auto found = co_await find_sent(services_, tokens_, request_);
    if (!found) co_return error_result(found.error());
    if (*found) co_return already_sent(**found);
    if (may_settle) co_return still_unknown();
    co_return std::nullopt;
  }

  std::optional<SentMail::Entry> known_entry() const {
    const base::SystemTime now = services_.clock.now();
    auto entry = services_.sent_mail.find(key(), now);
    if (!entry && !request_.other.empty())
      entry = services_.sent_mail.find(key_of(request_.other), now);
    return entry;
  }

  // From our own memory alone.
  std::optional<mcp::ToolResult> answer_known() {
    const auto entry = known_entry();
    if (!entry) return std::nullopt;
    if (entry->content != request_.content) return other_content();
    switch (entry->state) {
      case SentMail::State::sent:
        return already_sent({entry->id, entry->thread_id, entry->content});
      case SentMail::State::sending:
        return refused("conflict", "This mail is being sent right now.",
                       "Wait for the answer of the other call.");
      case SentMail::State::unknown:
        return std::nullopt;
    }
    return std::nullopt;
  }

  // --- the rules ---

  std::string judge_recipients() const {
    const std::size_t count = recipients_of(mail_.message).size();
    if (count == 0) return "The mail names nobody to answer to: give to.";
    if (count <= kRecipientsMax) return "";
    return "One mail goes to at most " + std::to_string(kRecipientsMax) +
           " addresses; this would be " + std::to_string(count) + ".";
  }

  // Names the message as the user is asked about it: nothing in it may change
  // afterwards.
  std::string message_digest() const {
    const OutgoingMessage& message = mail_.message;
    std::vector<std::string> parts;
    append_addresses(parts, "to", message.to);
    append_addresses(parts, "cc", message.cc);
    append_addresses(parts, "bcc", message.bcc);
    parts.insert(parts.end(),
                 {"text", message.subject, message.body, mail_.thread_id, request_.name});
    parts.insert(parts.end(), {"forward", message.forwarded_head, message.forwarded_text});
    append_files(parts, message.files);
    parts.insert(parts.end(), {"from", message.from.text(), "draft", draft_.id, draft_.message_id});
    return digest_of_parts(parts);
  }

  // An answer when the mail must not go out, or not yet.
  std::optional<mcp::ToolResult> withhold(const Profile& profile) {
    const std::vector<MailAddress> outside = outside_recipients(mail_.message, profile);
    audit_.count = recipients_of(mail_.message).size();
    audit_.outside = outside.size();
    const auto wait = services_.sent_mail.wait_of(tokens_.user_key(), services_.clock.now());
    if (wait.count() > 0) {
      return refused("rate_limited", "Gatehouse sends no more mail for this account in this hour.",
                     "Tell the user; repeat later.", wait.count());
    }
    if (args_.dry_run.value_or(false)) return preview(outside);
    Consent consent = seek_consent(services_, call_, mail_.message, outside, message_digest(),
                                   args_.confirm.value_or(""));
    if (consent.is_given) return std::nullopt;
    audit_.outcome = consent.is_refused ? "declined" : "confirmation needed";
    return std::move(*consent.answer);
  }

  mcp::ToolResult preview(const std::vector<MailAddress>& outside) {
    audit_.outcome = "dry run";
    MailPreview out = preview_of(mail_, outside);
    out.status = "would_send";
    out.draft_id = draft_.id;
    out.confirmation = outside.empty() ? "not needed" : "needed";
    out.size = is_draft() ? draft_.size : size_of(mail_.message, services_.random);
    const Fence fence(services_.random);
    return preview_result(out, fence);
  }

  // --- sending ---

  base::Coroutine<mcp::ToolResult> send_once(const MailRequest& request) {
    // Another call may have sent it while this one looked, or lost its answer.
    auto known = answer_known();
    if (known) co_return std::move(*known);
    const auto entry = known_entry();
    if (entry && entry->since != lost_at_) co_return still_unknown();
    if (call_.cancelled()) co_return cancelled();
    services_.sent_mail.begin(tokens_.user_key(), key(), request_.content, services_.clock.now());
    SentMail::Claim claim(services_.sent_mail, key(), services_.clock);
    std::optional<SentMail::Claim> other;
    if (request_.has_both_names) {
      const std::string other_key = key_of(request_.other);
      services_.sent_mail.begin_also(other_key, request_.content, services_.clock.now());
      other.emplace(services_.sent_mail, other_key, services_.clock);
    }
    const auto answer = co_await services_.api.call(tokens_, request.call);
    if (answer) {
      const SentCopy copy{std::string(answer->root().find_string("id").value_or("")),
                          std::string(answer->root().find_string("threadId").value_or("")),
                          request_.content};
      claim.sent(copy.id, copy.thread_id);
      if (other) other->sent(copy.id, copy.thread_id);
      co_return sent(copy);
    }
    if (is_certain(answer.error())) {
      claim.not_sent();
      if (other) other->not_sent();
      co_return error_result(answer.error());
    }
    if (can_read_) {
      auto found = co_await find_sent(services_, tokens_, request_);
      if (found && *found) {
        claim.sent((*found)->id, (*found)->thread_id);
        if (other) other->sent((*found)->id, (*found)->thread_id);
        co_return sent(**found);
      }
    }
    co_return still_unknown();
  }

  // Whether this error says that nothing was sent.
  static bool is_certain(const ApiError& error) {
    if (error.code == ApiFault::outcome_unknown) return false;
    return error.code != ApiFault::too_large || error.status != 0;
  }

  // --- answers ---

  static mcp::ToolResult no_address() {
    return refused("blocked_by_policy", "Mail cannot be sent from this account's address.", "");
  }

  static mcp::ToolResult cancelled() {
    return refused("conflict", "The call was cancelled. Nothing was sent.",
                   "Call again if it is still wanted.");
  }

  static mcp::ToolResult other_content() {
    return refused("conflict", "This request_id was already used for another mail.",
                   "Give another request_id to send this one.");
  }

  mcp::ToolResult still_unknown() const {
    constexpr std::string_view kMessage =
        "Google's answer to sending this was lost, so the mail may or may not "
        "have gone out.";
    if (!can_read_ && !is_draft()) {
      return refused("outcome_unknown", std::string(kMessage),
                     "Gatehouse may not read this mailbox: have the user look "
                     "into Sent. To send "
                     "it once more, give another request_id.");
    }
    return refused("outcome_unknown", std::string(kMessage),
                   is_draft() ? "Repeat the call as it was after retry_after_s: a draft that was "
                                "sent is no draft any more, so nothing goes out twice."
                              : "Repeat the call as it was after retry_after_s: Gatehouse looks "
                                "into Sent and sends only what is not there.",
                   kSettling.count());
  }

  mcp::ToolResult already_sent(const SentCopy& copy) {
    if (!copy.content.empty() && copy.content != request_.content) return other_content();
    audit_.outcome = "already sent";
    mcp::ToolResult result = answer("already_sent", copy);
    result.text =
        "Already sent earlier; nothing was sent now. Give another "
        "request_id to send it "
        "once more.\n" +
        result.text;
    return result;
  }

  mcp::ToolResult sent(const SentCopy& copy) {
    audit_.outcome = "sent";
    return answer("sent", copy);
  }

  mcp::ToolResult answer(std::string_view status, const SentCopy& copy) {
    audit_.id = copy.id;
    MailAnswer out = answer_of(mail_);
    out.status = status;
    out.draft_id = draft_.id;
    out.id = copy.id;
    out.thread_id = copy.thread_id;
    return mail_result(out);
  }

  std::string key() const { return key_of(request_.name); }
  std::string key_of(const std::string& name) const { return tokens_.user_key() + " " + name; }

  Services& services_;
  mcp::ToolCall& call_;
  const SendArgs& args_;
  const Account& account_;
  google::TokenSource& tokens_;
  MailWish wish_;
  SendRequest request_;
  DraftMail draft_;  // of a mail that is no draft only what is in it
  ComposedMail& mail_ = draft_.mail;
  bool can_read_ = false;
  std::optional<base::SystemTime> lost_at_;  // when the answer to it was last given up
  WriteAudit audit_{"mail send", "gmail_send"};
};

}  // namespace

mcp::Tool send_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "gmail_send";
  spec.title = "Send mail";
  spec.description = "Send mail or a draft, once. Outside mail needs the user's consent.";
  spec.annotations = {
      .read_only = false, .destructive = false, .idempotent = false, .open_world = true};
  spec.scope = kWorkspaceWriteScope;
  spec.output_schema = R"({"type":"object"})";
  return mcp::make_tool(std::move(spec), kSendArgs, services, &run_with_uploads<Sending, SendArgs>);
}

}  // namespace gatehouse::workspace::gmail
