// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/gmail/mail_reference.h"
#include "gatehouse/workspace/gmail/outgoing_file.h"
#include "gatehouse/workspace/gmail/outgoing_message.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// The arguments that all tools which write mail have; each derives its own from it.
struct MailArgs {
  std::optional<std::vector<std::string>> to;
  std::optional<std::vector<std::string>> cc;
  std::optional<std::vector<std::string>> bcc;
  std::optional<std::string> subject;
  std::optional<std::string> body;
  std::optional<std::string> reply_to;
  std::optional<bool> reply_all;
  std::optional<std::string> forward;
  std::optional<std::vector<std::string>> attachments;
  std::optional<std::string> from;
};

// Their rows in the table of a tool whose arguments are `Args`.
template <class Args>
constexpr auto mail_rows() {
  using Texts = std::optional<std::vector<std::string>>;
  using Text = std::optional<std::string>;
  using Flag = std::optional<bool>;
  return std::tuple{
      mcp::Arg<Args, Texts>{"to", &Args::to, ""},
      mcp::Arg<Args, Texts>{"cc", &Args::cc, ""},
      mcp::Arg<Args, Texts>{"bcc", &Args::bcc, ""},
      mcp::Arg<Args, Text>{"subject", &Args::subject, "not for replies"},
      mcp::Arg<Args, Text>{"body", &Args::body, "markdown"},
      mcp::Arg<Args, Text>{"reply_to", &Args::reply_to, "id or URL of a mail to answer"},
      mcp::Arg<Args, Flag>{"reply_all", &Args::reply_all, ""},
      mcp::Arg<Args, Text>{"forward", &Args::forward, "the same, passed on with files"},
      mcp::Arg<Args, Texts>{"attachments", &Args::attachments, "handles"},
      mcp::Arg<Args, Text>{"from", &Args::from, "own alias"}};
}

inline constexpr std::size_t kRecipientsMax = 100;

// The mail that a caller wants written: read and judged, nothing looked up yet.
struct MailWish {
  std::vector<MailAddress> to, cc, bcc;
  std::optional<MailAddress> from;  // none: the account's own, or the one that is answered
  std::string subject;
  std::string body;
  std::optional<MailReference> reply_to;
  bool reply_all = false;
  std::optional<MailReference> forward;
  std::optional<std::vector<FileHandle>> attachments;  // none: all of what is forwarded

  // Names it: the same arguments, the same digest.
  std::string digest() const;
};

// A complaint, empty when `wish` is filled.
std::string read_mail_args(const MailArgs& args, MailWish& wish);

struct ComposedMail {
  OutgoingMessage message;
  std::string thread_id;           // that it is to join; empty: none
  std::size_t odd_addresses = 0;   // of the answered mail, left out
  std::optional<Refusal> refusal;  // why it cannot be written as it was wished
};

// The permission that the wish needs and the user has not given; nullopt: none. What is passed on
// has to be read, and so has the list of the user's addresses.
std::optional<Refusal> reading_refused(const MailWish& wish, const Profile& profile);

// The message in full: of a reply with the recipients, subject and references
// that the answered mail asks for, of a forward with that mail and its files.
// It may name nobody, and more than kRecipientsMax.
google::ApiTask<ComposedMail> compose_mail(Services& services, google::TokenSource& tokens,
                                           const MailAddress& account, const MailWish& wish);

// The account as a sender; nullopt when its address cannot be written.
std::optional<MailAddress> sender_of(const Profile& profile);

std::vector<std::string> recipients_of(const OutgoingMessage& message);

void append_addresses(std::vector<std::string>& parts, std::string_view name,
                      const std::vector<MailAddress>& list);

}  // namespace gatehouse::workspace::gmail
