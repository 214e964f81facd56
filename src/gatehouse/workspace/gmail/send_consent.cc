// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/send_consent.h"

#include <algorithm>

#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/compose.h"
#include "gatehouse/workspace/gmail/domain_name.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kBeginningShown = 300;

constexpr ConsentWords kWords{
    "gmail_send",
    "send",
    "Send it",
    "the mail",
    "Nothing was sent yet, for the user has to agree.",
    "The confirm code has expired or belongs to another mail. Nothing was sent.",
    "The user did not agree to send this outside their organisation. Nothing was sent."};

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

}  // namespace

std::vector<MailAddress> outside_recipients(const OutgoingMessage& message,
                                            const Profile& profile) {
  // Not the sender of the mail: an alias may be of another domain, and a draft says what it likes.
  const MailAddress account = sender_of(profile).value_or(MailAddress());
  std::vector<std::string> domains;
  if (auto hosted = ascii_domain(profile.domain)) {
    domains.push_back(std::move(*hosted));
    domains.push_back(account.domain);
  }
  std::vector<MailAddress> outside;
  for (const auto* list : {&message.to, &message.cc, &message.bcc})
    add_outside(*list, account, domains, outside);
  return outside;
}

Consent seek_consent(Services& services, mcp::ToolCall& call, const OutgoingMessage& message,
                     const std::vector<MailAddress>& outside, const std::string& digest,
                     const std::string& confirm) {
  Consent consent;
  consent.is_given = outside.empty();
  if (consent.is_given) return consent;
  consent = find_consent(call, kWords, digest, confirm);
  if (!consent.is_given && !consent.answer)
    consent.answer = ask_consent(services, call, kWords, question(message, outside), digest, "");
  return consent;
}

}  // namespace gatehouse::workspace::gmail
