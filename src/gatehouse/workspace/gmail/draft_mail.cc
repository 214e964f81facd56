// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/draft_mail.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/google/api_document.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/forward.h"
#include "gatehouse/workspace/gmail/header_writer.h"
#include "gatehouse/workspace/gmail/mime_tree.h"
#include "gatehouse/workspace/gmail/raw_head.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiError;
using google::ApiFault;

constexpr std::size_t kDraftIdMax = 64;
constexpr int kDraftPagesMax = 10;
constexpr std::size_t kRawBytesMax = 36'700'160;
constexpr std::size_t kOwnFieldsMax = 1'024;
// Four characters of base64 are three bytes; white space and padding only at the very end.
constexpr std::size_t kDecodedAtOnce = 64 * 1024;

// The header fields that Gmail sends a mail by.
constexpr std::array<std::string_view, 3> kRecipientFields{"To", "Cc", "Bcc"};
// Those that ours stand for once the mail is sent.
constexpr std::array<std::string_view, 3> kReplacedFields{"Date", "Message-ID",
                                                          "X-Gatehouse-Request"};

ApiError gone() {
  return {ApiFault::not_found_or_no_access,
          "There is no such draft. It may have been sent or deleted, and nothing was sent now.",
          {},
          404};
}

ApiError changed_meanwhile() {
  return {ApiFault::conflict,
          "The draft was changed while this call looked at it. Nothing was sent.",
          {},
          0};
}

ApiError damaged() {
  return {ApiFault::google_unavailable, "Google's answer could not be read.", {}, 0};
}

ApiError busy() {
  return {ApiFault::rate_limited, "Gatehouse is just sending other mail with large attachments.",
          std::chrono::seconds(10), 0};
}

ApiError too_large() {
  return {ApiFault::too_large,
          "This draft is larger than Google takes from other programs. Nothing was sent.",
          {},
          0};
}

// Ids of messages are hexadecimal; those of drafts begin with an r.
bool may_be_message_id(std::string_view id) { return !id.starts_with('r'); }

std::string draft_of_message(const base::JsonValue& list, const std::string& message_id) {
  const auto drafts = list.find("drafts");
  if (!drafts) return "";
  for (const base::JsonValue& draft : drafts->elements()) {
    const auto message = draft.find("message");
    if (message && message->find_string("id") == message_id)
      return std::string(draft.find_string("id").value_or(""));
  }
  return "";
}

// What stands in its recipient fields, in the order of kRecipientFields.
using Recipients = std::array<std::vector<MailAddress>, kRecipientFields.size()>;

// Adds what a field names, however often it is there. A complaint, empty when all was understood:
// the three lists decide what is asked and refused, so nothing may be guessed.
std::string add_recipients(std::string_view name, const std::string& value, Recipients& out) {
  for (std::size_t i = 0; i < kRecipientFields.size(); ++i) {
    if (!base::equal_ignoring_case(name, kRecipientFields[i])) continue;
    AddressList list = parse_address_list(value);
    if (!list.complaint.empty()) return std::string(kRecipientFields[i]) + ": " + list.complaint;
    for (MailAddress& one : list.addresses) out[i].push_back(std::move(one));
  }
  return "";
}

std::vector<std::string> names_of(const Recipients& recipients) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kRecipientFields.size(); ++i)
    append_addresses(names, kRecipientFields[i], recipients[i]);
  return names;
}

std::string unfolded(std::string_view value) {
  std::string text(value);
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  return text;
}

Refusal not_understood(std::string complaint) {
  return {"invalid_argument", "The draft's recipients are not clear. " + std::move(complaint),
          "Have the user correct the draft in Gmail, or send it there. Nothing was sent."};
}

void take_headers(const std::vector<MailHeader>& headers, OutgoingMessage& message,
                  std::optional<Refusal>& refusal) {
  Recipients recipients;
  for (const MailHeader& header : headers) {
    std::string complaint = add_recipients(header.name, unfolded(header.value), recipients);
    if (!complaint.empty()) refusal = not_understood(std::move(complaint));
  }
  message.to = std::move(recipients[0]);
  message.cc = std::move(recipients[1]);
  message.bcc = std::move(recipients[2]);
  AddressList from = parse_address_list(unfolded(header_of(headers, "From")));
  if (from.addresses.size() == 1) message.from = std::move(from.addresses.front());
}

// A mail's base64url as Google gives it, from the front. False at the first damage.
bool append_decoded(std::string_view& base64url, std::size_t characters, base::Secret& out) {
  for (std::size_t left = characters; left > 0 && !base64url.empty();) {
    const std::size_t taken = std::min({left, kDecodedAtOnce, base64url.size()});
    const auto bytes = base::base64_decode_lenient(base64url.substr(0, taken));
    if (!bytes) return false;
    out.append(*bytes);
    base64url.remove_prefix(taken);
    left -= taken;
  }
  return true;
}

bool is_replaced(std::string_view name) {
  return std::any_of(kReplacedFields.begin(), kReplacedFields.end(),
                     [&](std::string_view own) { return base::equal_ignoring_case(name, own); });
}

// Google names a thread only for mails that answer one of it; whatever else it held, a draft that
// is sent begins one of its own.
bool is_answer(const RawHead& head) {
  return std::any_of(head.fields.begin(), head.fields.end(), [](const RawField& field) {
    return base::equal_ignoring_case(field.name, "In-Reply-To") ||
           base::equal_ignoring_case(field.name, "References");
  });
}

std::string own_fields(const OutgoingMessage& message) {
  HeaderWriter header;
  header.fixed("Date", mail_date(message.date));
  header.message_ids("Message-ID", {message.message_id});
  header.fixed("X-Gatehouse-Request", message.mark);
  return header.lines();
}

// Whether the header sends the mail to those who were judged and to nobody else.
bool names_same(const RawHead& head, const OutgoingMessage& message) {
  Recipients recipients;
  for (const RawField& field : head.fields) {
    if (!add_recipients(field.name, field.value(), recipients).empty()) return false;
  }
  const Recipients judged{message.to, message.cc, message.bcc};
  return names_of(recipients) == names_of(judged);
}

ApiError not_clear() {
  return {ApiFault::invalid_argument,
          "The draft's header is not clear, so that it is not certain whom it would go to. Nothing "
          "was sent. Have the user send it in Gmail.",
          {},
          0};
}

// The draft as it stands, with our fields in its header.
google::ApiResult<MailRequest> request_of(Services& services, const DraftMail& draft,
                                          std::string_view base64url,
                                          http::ByteBudget::Share held) {
  base::Secret beginning;
  if (!append_decoded(base64url, kRawHeadMax / 3 * 4, beginning)) return damaged();
  const auto head = read_raw_head(beginning.reveal());
  if (!head || !names_same(*head, draft.mail.message)) return not_clear();
  google::ApiCall call =
      send_draft(draft.id, is_answer(*head) ? std::string_view(draft.mail.thread_id) : "");
  const std::string boundary = "=_" + services.random.token(18);
  const std::string opening = upload_beginning(call, boundary);
  const std::size_t room =
      opening.size() + 2 * kOwnFieldsMax + beginning.size() + base64url.size() / 4 * 3;
  if (!held.resize(room)) return busy();
  auto body = std::make_shared<base::Secret>();
  body->reserve(room);
  body->append(opening);
  body->append(own_fields(draft.mail.message));
  for (const RawField& field : head->fields) {
    if (!is_replaced(field.name)) body->append(field.lines);
  }
  body->append("\r\n");
  body->append(beginning.reveal().substr(head->size));
  if (!append_decoded(base64url, base64url.size(), *body)) return damaged();
  body->append(upload_end(boundary));
  if (body->size() > kRawBytesMax) return too_large();
  MailRequest request(as_upload(std::move(call), std::move(body), boundary));
  request.held = std::move(held);
  return google::ApiResult<MailRequest>(std::move(request));
}

}  // namespace

bool is_draft_id(std::string_view text) {
  return !text.empty() && text.size() <= kDraftIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

google::ApiTask<std::string> resolve_draft(Services& services, google::TokenSource& tokens,
                                           const std::string& id) {
  if (!may_be_message_id(id)) co_return id;
  std::string page_token;
  for (int page = 0; page < kDraftPagesMax; ++page) {
    const google::ApiCall call = list_drafts("", page_token);
    const auto list = co_await services.api.call(tokens, call);
    if (!list) co_return list.error();
    std::string found = draft_of_message(list->root(), id);
    if (!found.empty()) co_return found;
    page_token = std::string(list->root().find_string("nextPageToken").value_or(""));
    if (page_token.empty()) break;
  }
  co_return id;
}

google::ApiTask<DraftMail> load_draft(Services& services, google::TokenSource& tokens,
                                      const MailAddress& own, const std::string& id) {
  DraftMail draft;
  auto resolved = co_await resolve_draft(services, tokens, id);
  if (!resolved) co_return resolved.error();
  draft.id = std::move(*resolved);
  const google::ApiCall call = full_draft(draft.id);
  const auto answer = co_await services.api.call(tokens, call);
  if (!answer && answer.error().code == ApiFault::not_found_or_no_access) co_return gone();
  if (!answer) co_return answer.error();
  const auto message = answer->root().find("message");
  const auto payload = message ? message->find("payload") : std::nullopt;
  if (!payload) co_return damaged();
  draft.message_id = std::string(message->find_string("id").value_or(""));
  draft.size = static_cast<std::size_t>(
      std::max<std::int64_t>(0, message->find_integer("sizeEstimate").value_or(0)));
  draft.mail.thread_id = std::string(message->find_string("threadId").value_or(""));
  OutgoingMessage& mail = draft.mail.message;
  mail.from = own;
  take_headers(read_headers(*payload), mail, draft.mail.refusal);
  ForwardedMail read = read_forwarded(*message, MimeTree::parse(*payload));
  mail.subject = std::move(read.original.subject);
  mail.body = std::move(read.text);
  mail.files = std::move(read.files);
  mail.date = services.clock.now();
  co_return draft;
}

// Gmail's drafts.send takes no condition: with the id alone, whatever the draft is by then would go
// out, also what somebody wrote a moment ago and nobody judged or agreed to. So the judged bytes go
// with it. What is changed in Gmail between this reading and the sending is then lost; that is some
// milliseconds, and the other way round strangers might read what nobody wanted to send.
google::ApiTask<MailRequest> write_sent_draft(Services& services, google::TokenSource& tokens,
                                              const DraftMail& draft) {
  http::ByteBudget::Share held = services.outgoing_mail.share();
  if (draft.size > kRawBytesMax) co_return too_large();
  if (!held.resize(draft.size + kRawHeadMax)) co_return busy();
  const google::ApiCall ask = raw_draft(draft.id);
  const auto answer = co_await services.api.call(tokens, ask);
  if (!answer && answer.error().code == ApiFault::not_found_or_no_access) co_return gone();
  if (!answer) co_return answer.error();
  const auto message = answer->root().find("message");
  const std::string_view base64url = message ? message->find_string("raw").value_or("") : "";
  if (base64url.empty()) co_return damaged();
  if (message->find_string("id") != draft.message_id) co_return changed_meanwhile();
  auto request = request_of(services, draft, base64url, std::move(held));
  co_return request;
}

}  // namespace gatehouse::workspace::gmail
