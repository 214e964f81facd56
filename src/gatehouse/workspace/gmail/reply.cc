// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/reply.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/header_text.h"
#include "gatehouse/workspace/gmail/header_writer.h"
#include "gatehouse/workspace/gmail/mime_tree.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kReferencesMax = 20;
constexpr std::size_t kSubjectMax = 500;

std::vector<MailAddress> addresses_in(const std::vector<MailHeader>& headers, std::string_view name,
                                      std::size_t& odd) {
  std::vector<MailAddress> found;
  for (const Address& each : parse_addresses(header_of(headers, name))) {
    AddressList list = parse_address_list(each.address);
    if (list.addresses.size() != 1) {
      ++odd;
      continue;
    }
    MailAddress& one = list.addresses.front();
    one.name = shortened(clean_line(each.name).text, 100);
    found.push_back(std::move(one));
  }
  return found;
}

std::vector<std::string> ids_in(std::string_view header) {
  std::vector<std::string> ids;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find_first_of(" \t\r\n"), header.size());
    if (is_message_id(header.substr(0, end))) ids.emplace_back(header.substr(0, end));
    header.remove_prefix(std::min(header.size(), end + 1));
  }
  return ids;
}

// RFC 5322 section 3.6.4. Of a long thread the first and the latest.
std::vector<std::string> references_of(const std::vector<MailHeader>& headers) {
  std::vector<std::string> ids = ids_in(header_of(headers, "References"));
  if (ids.empty()) {
    ids = ids_in(header_of(headers, "In-Reply-To"));
    if (ids.size() != 1) ids.clear();
  }
  const std::vector<std::string> own = ids_in(header_of(headers, "Message-ID"));
  if (own.empty()) return {};
  ids.push_back(own.front());
  if (ids.size() > kReferencesMax)
    ids.erase(ids.begin() + 1, ids.end() - static_cast<std::ptrdiff_t>(kReferencesMax - 1));
  return ids;
}

bool holds(const std::vector<MailAddress>& list, const MailAddress& one) {
  return std::any_of(list.begin(), list.end(),
                     [&](const MailAddress& each) { return each.is_same_mailbox(one); });
}

bool is_draft(const base::JsonValue& message) {
  const auto labels = message.find("labelIds");
  if (!labels) return false;
  for (const base::JsonValue& label : labels->elements()) {
    if (label.as_string() == "DRAFT") return true;
  }
  return false;
}

google::ApiResult<Original> latest_of(const base::JsonValue& thread) {
  const auto messages = thread.find("messages");
  const std::vector<base::JsonValue> all =
      messages ? messages->elements() : std::vector<base::JsonValue>();
  for (auto each = all.rbegin(); each != all.rend(); ++each) {
    if (!is_draft(*each)) return read_original(*each);
  }
  return google::ApiError{google::ApiFault::not_found_or_no_access,
                          "There is no mail in this thread to reply to.",
                          {},
                          0};
}

google::ApiTask<Original> load_thread(Services& services, google::TokenSource& tokens,
                                      const std::string& id) {
  const google::ApiCall call = thread_headers(id, kOriginalHeaders);
  const auto answer = co_await services.api.call(tokens, call);
  if (!answer) co_return answer.error();
  co_return latest_of(answer->root());
}

// Adds those of `more` that are in none of the lists yet.
void add_others(std::vector<MailAddress>& to, const std::vector<MailAddress>& more,
                const std::vector<MailAddress>& own, const std::vector<MailAddress>& others = {}) {
  for (const MailAddress& one : more) {
    if (!holds(to, one) && !holds(own, one) && !holds(others, one)) to.push_back(one);
  }
}

}  // namespace

Original read_original(const base::JsonValue& message) {
  Original original;
  original.id = std::string(message.find_string("id").value_or(""));
  original.thread_id = std::string(message.find_string("threadId").value_or(""));
  const auto payload = message.find("payload");
  const std::vector<MailHeader> headers =
      payload ? read_headers(*payload) : std::vector<MailHeader>();
  original.from = addresses_in(headers, "From", original.odd_addresses);
  original.reply_to = addresses_in(headers, "Reply-To", original.odd_addresses);
  original.to = addresses_in(headers, "To", original.odd_addresses);
  original.cc = addresses_in(headers, "Cc", original.odd_addresses);
  original.subject =
      shortened(clean_line(decode_header(header_of(headers, "Subject"))).text, kSubjectMax);
  original.references = references_of(headers);
  return original;
}

google::ApiTask<Original> load_original(Services& services, google::TokenSource& tokens,
                                        const MailReference& reference) {
  if (reference.kind != MailReference::Kind::thread) {
    const google::ApiCall call = message_headers(reference.id, kOriginalHeaders);
    const auto answer = co_await services.api.call(tokens, call);
    if (answer) co_return read_original(answer->root());
    const bool may_be_thread = reference.kind == MailReference::Kind::either &&
                               answer.error().code == google::ApiFault::not_found_or_no_access;
    if (!may_be_thread) co_return answer.error();
  }
  auto original = co_await load_thread(services, tokens, reference.id);
  co_return original;
}

ReplyRecipients reply_recipients(const Original& original, bool to_all,
                                 const std::vector<MailAddress>& own) {
  const bool is_own = !original.from.empty() && holds(own, original.from.front());
  ReplyRecipients out;
  if (is_own) {
    add_others(out.to, original.to, own);
  } else {
    add_others(out.to, original.reply_to.empty() ? original.from : original.reply_to, own);
    if (to_all) add_others(out.to, original.to, own);
  }
  if (to_all || (is_own && out.to.empty())) add_others(out.cc, original.cc, own, out.to);
  // A note to oneself is answered to oneself.
  if (out.to.empty() && out.cc.empty() && is_own && !original.to.empty())
    out.to.push_back(original.from.front());
  return out;
}

std::string reply_subject(const std::string& subject) {
  if (base::equal_ignoring_case(std::string_view(subject).substr(0, 3), "re:")) return subject;
  return subject.empty() ? "Re:" : "Re: " + subject;
}

}  // namespace gatehouse::workspace::gmail
