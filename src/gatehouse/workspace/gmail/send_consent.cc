// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/send_consent.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/input.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/domain_name.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::string_view kPurpose = "gmail_send confirm";
constexpr std::chrono::seconds kLifetime{600};
constexpr std::string_view kKey = "send";
constexpr std::size_t kBeginningShown = 300;
constexpr std::size_t kConfirmMax = 4'000;

void add_outside(const std::vector<MailAddress>& list, const MailAddress& own,
                 const std::vector<std::string>& domains, std::vector<MailAddress>& out) {
  for (const MailAddress& one : list) {
    const bool is_inside = one.is_same_mailbox(own) ||
                           std::find(domains.begin(), domains.end(), one.domain) != domains.end();
    if (!is_inside) out.push_back(one);
  }
}

// What the user reads before they agree. Addresses stand in the form that is used, so a domain of
// look-alike letters shows as xn--.
std::string question(const OutgoingMessage& message, const std::vector<MailAddress>& outside) {
  const std::size_t all = message.to.size() + message.cc.size() + message.bcc.size();
  std::string text =
      "Send this mail from " + message.from.text() +
      " to people outside your organisation?\nSubject: " + clean_line(message.subject).text +
      "\nOutside:";
  for (const MailAddress& one : outside) text += "\n- " + one.text();
  if (all > outside.size())
    text += "\nand " + std::to_string(all - outside.size()) + " inside your organisation.";
  if (!message.files.empty()) text += "\nAttachments:";
  for (const OutgoingFile& file : message.files) text += "\n- " + in_words(file);
  const std::string beginning = message.body + " " + message.forwarded_head;
  return text + "\nIt begins: " + shortened(clean_line(beginning).text, kBeginningShown);
}

mcp::ToolResult ask_by_form(const std::string& text, const std::string& digest) {
  mcp::InputRequest form;
  form.key = std::string(kKey);
  form.params = mcp::form_params(
      text, R"({"type":"object","properties":{"send":{"type":"boolean","title":"Send it"}},)"
            R"("required":["send"]})");
  mcp::InputRequired input;
  input.requests.push_back(std::move(form));
  input.state = digest;
  return mcp::tool_needs(std::move(input));
}

mcp::ToolResult ask_by_code(const std::string& fenced, const std::string& code) {
  constexpr std::string_view kFix =
      "Show this to the user. Only if they agree, call again within ten minutes with the same "
      "arguments and this confirm.";
  const std::string message = "Nothing was sent yet, for the user has to agree.\n" + fenced;
  mcp::ToolResult result;
  result.is_error = true;
  base::JsonWriter json(result.structured);
  json.begin_object().member("code", "blocked_by_policy").member("message", message);
  json.member("fix", kFix).member("confirm", code).end_object();
  result.text =
      "blocked_by_policy: " + message + "\nfix: " + std::string(kFix) + "\nconfirm: " + code;
  return result;
}

SendConsent refused(std::string message, std::string_view fix) {
  Refusal refusal;
  refusal.code = "blocked_by_policy";
  refusal.message = std::move(message);
  refusal.fix = fix;
  SendConsent consent;
  consent.answer = refusal_result(refusal);
  return consent;
}

bool agreed(const base::JsonValue& answer) {
  const auto elicited = mcp::read_elicited(answer);
  return elicited && elicited->action == mcp::Elicited::Action::accept &&
         elicited->content.find_bool(kKey).value_or(false);
}

SendConsent redeem(mcp::ToolCall& call, const std::string& digest, const std::string& confirm) {
  SendConsent consent;
  if (confirm.size() <= kConfirmMax) {
    const auto state = call.sealer.open(kPurpose, call.caller.principal, confirm);
    consent.is_given = state && *state == digest;
    if (consent.is_given) return consent;
  }
  return refused("The confirm code has expired or belongs to another mail. Nothing was sent.",
                 "Call again without confirm, show the user what it answers, and ask them.");
}

}  // namespace

std::vector<MailAddress> outside_recipients(const OutgoingMessage& message,
                                            const Profile& profile) {
  std::vector<std::string> domains;
  if (auto hosted = ascii_domain(profile.domain)) {
    domains.push_back(std::move(*hosted));
    domains.push_back(message.from.domain);
  }
  std::vector<MailAddress> outside;
  for (const auto* list : {&message.to, &message.cc, &message.bcc})
    add_outside(*list, message.from, domains, outside);
  return outside;
}

SendConsent seek_consent(Services& services, mcp::ToolCall& call, const OutgoingMessage& message,
                         const std::vector<MailAddress>& outside, const std::string& digest,
                         const std::string& confirm) {
  SendConsent consent;
  if (outside.empty()) {
    consent.is_given = true;
    return consent;
  }
  if (!confirm.empty()) return redeem(call, digest, confirm);
  const std::string text = question(message, outside);
  if (!call.client.elicitation) {
    const std::string code = call.sealer.seal(kPurpose, call.caller.principal, digest, kLifetime);
    // The subject of a reply and a part of its addresses were written by strangers.
    const Fence fence(services.random);
    consent.answer = ask_by_code(fence.around("the mail", text), code);
    return consent;
  }
  // The state is ours alone: an answer without it is to no question of ours.
  const auto answer = call.input(kKey);
  if (!answer || call.state != digest) {
    consent.answer = ask_by_form(text, digest);
    return consent;
  }
  if (agreed(*answer)) {
    consent.is_given = true;
    return consent;
  }
  consent = refused(
      "The user did not agree to send this outside their organisation. Nothing was "
      "sent.",
      "Do not try again unless the user asks for it.");
  consent.is_refused = true;
  return consent;
}

}  // namespace gatehouse::workspace::gmail
