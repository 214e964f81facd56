// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/compose.h"

#include <algorithm>
#include <utility>

#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/consent.h"
#include "gatehouse/workspace/gmail/forward.h"
#include "gatehouse/workspace/gmail/own_addresses.h"
#include "gatehouse/workspace/gmail/reply.h"
#include "gatehouse/workspace/google_scope.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kSubjectMax = 1'000;
constexpr std::size_t kBodyMax = 200'000;

std::string read_recipients(std::string_view name,
                            const std::optional<std::vector<std::string>>& texts,
                            std::vector<MailAddress>& out) {
  if (!texts) return "";
  for (const std::string& text : *texts) {
    AddressList list = parse_address_list(text);
    if (!list.complaint.empty()) return std::string(name) + ": " + list.complaint;
    for (MailAddress& one : list.addresses) out.push_back(std::move(one));
    if (out.size() > kRecipientsMax)
      return "One mail goes to at most " + std::to_string(kRecipientsMax) + " addresses.";
  }
  return "";
}

std::string read_reply(const MailArgs& args, MailWish& wish) {
  wish.reply_all = args.reply_all.value_or(false);
  if (!args.reply_to || args.reply_to->empty())
    return wish.reply_all ? "reply_all needs reply_to." : "";
  if (!wish.subject.empty()) return "A reply keeps the subject: leave subject out.";
  wish.reply_to = parse_mail_reference(*args.reply_to);
  if (!wish.reply_to)
    return "reply_to must be an id from gmail_search or the address of a Gmail "
           "page that shows one "
           "mail.";
  return "";
}

std::string read_from(const MailArgs& args, MailWish& wish) {
  if (!args.from || args.from->empty()) return "";
  AddressList list = parse_address_list(*args.from);
  if (!list.complaint.empty()) return "from: " + list.complaint;
  if (list.addresses.size() != 1) return "from is one address.";
  wish.from = std::move(list.addresses.front());
  return "";
}

std::string read_forward(const MailArgs& args, MailWish& wish) {
  if (!args.forward || args.forward->empty()) return "";
  if (wish.reply_to) return "Give reply_to or forward, not both.";
  wish.forward = parse_mail_reference(*args.forward);
  if (wish.forward) return "";
  return "forward must be an id from gmail_search or the address of a Gmail page that shows one "
         "mail.";
}

std::string read_attachments(const MailArgs& args, MailWish& wish) {
  if (!args.attachments) return "";
  std::vector<FileHandle> handles;
  for (const std::string& text : *args.attachments) {
    auto handle = parse_file_handle(text);
    if (!handle) return "attachments must be handles that gmail_read gave, like 18c2f0a1b2/1.";
    if (std::find(handles.begin(), handles.end(), *handle) == handles.end())
      handles.push_back(std::move(*handle));
    if (handles.size() > kFilesMax)
      return "One mail takes at most " + std::to_string(kFilesMax) + " attachments.";
  }
  wish.attachments = std::move(handles);
  return "";
}

// Why these files are too many or too large for one mail; nullopt: they are not. Their names are
// fenced, for strangers gave them.
std::optional<Refusal> judge_files(Services& services, const std::vector<OutgoingFile>& files,
                                   bool is_named) {
  const std::size_t bytes = bytes_of(files);
  if (files.size() <= kFilesMax && bytes <= kFilesBytesMax) return std::nullopt;
  std::string list;
  for (const OutgoingFile& file : files) list += file.source.text() + " " + in_words(file) + "\n";
  const std::string message = "Nothing was written: these are " + std::to_string(files.size()) +
                              " attachments of " + bytes_in_words(bytes) + ", and a mail takes " +
                              std::to_string(kFilesMax) + " of " + bytes_in_words(kFilesBytesMax) +
                              ".\n" + Fence(services.random).around("the mail", list);
  return Refusal{"too_large", message,
                 is_named ? "Name fewer in attachments; the others can go in another mail."
                          : "Ask the user which to send, and name their handles in attachments; an "
                            "empty list sends none."};
}

Refusal not_whole() {
  return {"too_large",
          "Nothing was written: Gatehouse cannot pass this mail on as a whole, for it has too much "
          "text or too many parts.",
          "Have the user forward it in Gmail, or write what matters of it as a mail of its own."};
}

void take_forwarded(const MailWish& wish, ForwardedMail forwarded, ComposedMail& mail) {
  if (!forwarded.is_whole) mail.refusal = not_whole();
  if (wish.subject.empty()) mail.message.subject = forward_subject(forwarded.original.subject);
  mail.message.references = std::move(forwarded.original.references);
  mail.message.forwarded_head = std::move(forwarded.head);
  mail.message.forwarded_text = std::move(forwarded.text);
  if (!wish.attachments) mail.message.files = std::move(forwarded.files);
}

Refusal not_their_address(const std::vector<OwnAddress>& own) {
  std::string list;
  for (const OwnAddress& one : own) {
    if (one.can_send) list += (list.empty() ? "" : ", ") + one.address.text();
  }
  return {"invalid_argument", "The user can write as " + list + ", and as nobody else.",
          "Give one of these as from, or leave it out."};
}

// The one that was wished for, with the name that it bears.
const MailAddress* find_sender(const std::vector<OwnAddress>& own, const MailAddress& wished) {
  for (const OwnAddress& one : own) {
    if (one.can_send && one.address.is_same_mailbox(wished)) return &one.address;
  }
  return nullptr;
}

bool names(const std::vector<MailAddress>& list, const MailAddress& one) {
  return std::any_of(list.begin(), list.end(),
                     [&](const MailAddress& each) { return each.is_same_mailbox(one); });
}

// Whether the mail was written to this address, or under it.
bool concerns(const Original& original, const MailAddress& one) {
  return names(original.to, one) || names(original.cc, one) ||
         (!original.from.empty() && original.from.front().is_same_mailbox(one));
}

// Whom an answer comes from: the address that the mail was written to, or under.
const MailAddress* answering_address(const std::vector<OwnAddress>& own, const Original& original) {
  for (const auto* list : {&original.from, &original.to, &original.cc}) {
    for (const MailAddress& one : *list) {
      const MailAddress* const found = find_sender(own, one);
      if (found != nullptr) return found;
    }
  }
  return nullptr;
}

// Only the account's own when Google does not tell.
base::Coroutine<std::vector<OwnAddress>> addresses_known(Services& services,
                                                         google::TokenSource& tokens,
                                                         const MailAddress& account) {
  auto loaded = co_await load_own_addresses(services, tokens, account);
  if (loaded) co_return std::move(*loaded);
  std::vector<OwnAddress> own{{account, true}};
  co_return own;
}

}  // namespace

std::string MailWish::digest() const {
  std::vector<std::string> parts;
  append_addresses(parts, "to", to);
  append_addresses(parts, "cc", cc);
  append_addresses(parts, "bcc", bcc);
  parts.insert(parts.end(), {"text", subject, body});
  parts.push_back(reply_to ? reply_to->id : "");
  parts.emplace_back(reply_all ? "all" : "one");
  if (from) parts.insert(parts.end(), {"from", from->text()});
  if (forward) parts.insert(parts.end(), {"forward", forward->id});
  if (attachments) {
    parts.emplace_back("attachments");
    for (const FileHandle& handle : *attachments) parts.push_back(handle.text());
  }
  return digest_of_parts(parts);
}

std::string read_mail_args(const MailArgs& args, MailWish& wish) {
  for (std::string complaint :
       {read_recipients("to", args.to, wish.to), read_recipients("cc", args.cc, wish.cc),
        read_recipients("bcc", args.bcc, wish.bcc)}) {
    if (!complaint.empty()) return complaint;
  }
  wish.body = args.body.value_or("");
  if (wish.body.size() > kBodyMax)
    return "body is limited to " + std::to_string(kBodyMax) + " bytes.";
  const bool is_forward = args.forward && !args.forward->empty();
  if (!is_forward && clean_line(wish.body).text.empty()) return "body is empty.";
  wish.subject = clean_line(args.subject.value_or("")).text;
  if (wish.subject.size() > kSubjectMax)
    return "subject is limited to " + std::to_string(kSubjectMax) + " bytes.";
  for (const auto read : {&read_reply, &read_forward, &read_attachments, &read_from}) {
    std::string complaint = read(args, wish);
    if (!complaint.empty()) return complaint;
  }
  return "";
}

std::optional<Refusal> reading_refused(const MailWish& wish, const Profile& profile) {
  const bool has_files = wish.attachments && !wish.attachments->empty();
  const auto account = sender_of(profile);
  const bool has_alias = wish.from && account && !wish.from->is_same_mailbox(*account);
  if (!wish.forward && !has_files && !has_alias) return std::nullopt;
  if (is_granted(profile.granted_scopes, "gmail.readonly")) return std::nullopt;
  Refusal refusal = refusal_of({google::ApiFault::scope_missing,
                                has_alias ? "Google was not given permission to read mail and its "
                                            "settings when you signed in, and the user's addresses "
                                            "are among these."
                                          : "Google was not given permission to read mail when you "
                                            "signed in, and what is passed on has to be read.",
                                {},
                                0});
  refusal.scope = kWorkspaceScope;
  return refusal;
}

google::ApiTask<ComposedMail> compose_mail(Services& services, google::TokenSource& tokens,
                                           const MailAddress& account, const MailWish& wish) {
  ComposedMail mail;
  mail.message.from = account;
  mail.message.to = wish.to;
  mail.message.cc = wish.cc;
  mail.message.bcc = wish.bcc;
  mail.message.subject = wish.subject;
  mail.message.body = wish.body;
  mail.message.date = services.clock.now();
  if (wish.from && !wish.from->is_same_mailbox(account)) {
    const auto own = co_await load_own_addresses(services, tokens, account);
    if (!own) co_return own.error();
    const MailAddress* const sender = find_sender(*own, *wish.from);
    if (sender == nullptr) {
      mail.refusal = not_their_address(*own);
      co_return mail;
    }
    mail.message.from = *sender;
  }
  if (wish.forward) {
    auto forwarded = co_await load_forwarded(services, tokens, *wish.forward);
    if (!forwarded) co_return forwarded.error();
    take_forwarded(wish, std::move(*forwarded), mail);
  }
  if (wish.attachments) {
    auto files = co_await load_files(services, tokens, *wish.attachments);
    if (!files) co_return files.error();
    mail.message.files = std::move(*files);
  }
  if (!mail.refusal)
    mail.refusal = judge_files(services, mail.message.files, wish.attachments.has_value());
  if (!wish.reply_to) co_return mail;

  auto original = co_await load_original(services, tokens, *wish.reply_to);
  if (!original) co_return original.error();
  std::vector<OwnAddress> known{{account, true}};
  const bool may_be_to_alias = !wish.from && !concerns(*original, account);
  if (wish.reply_all || may_be_to_alias) {
    auto all = co_await addresses_known(services, tokens, account);
    known = std::move(all);
  }
  const MailAddress* const sender = answering_address(known, *original);
  if (may_be_to_alias && sender != nullptr) mail.message.from = *sender;
  std::vector<MailAddress> own;
  for (const OwnAddress& one : known) own.push_back(one.address);
  ReplyRecipients recipients = reply_recipients(*original, wish.reply_all, own);
  if (wish.to.empty()) mail.message.to = std::move(recipients.to);
  for (MailAddress& one : recipients.cc) mail.message.cc.push_back(std::move(one));
  mail.message.subject = reply_subject(original->subject);
  mail.message.references = std::move(original->references);
  mail.thread_id = std::move(original->thread_id);
  mail.odd_addresses = original->odd_addresses;
  co_return mail;
}

std::optional<MailAddress> sender_of(const Profile& profile) {
  AddressList own = parse_address_list(profile.email);
  if (own.addresses.size() != 1) return std::nullopt;
  own.addresses.front().name = shortened(clean_line(profile.name).text, 100);
  return std::move(own.addresses.front());
}

std::vector<std::string> recipients_of(const OutgoingMessage& message) {
  std::vector<std::string> all;
  for (const auto* list : {&message.to, &message.cc, &message.bcc}) {
    for (const MailAddress& one : *list) all.push_back(one.text());
  }
  return all;
}

void append_addresses(std::vector<std::string>& parts, std::string_view name,
                      const std::vector<MailAddress>& list) {
  parts.emplace_back(name);
  for (const MailAddress& one : list) parts.push_back(one.text());
}

}  // namespace gatehouse::workspace::gmail
