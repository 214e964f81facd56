// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/outgoing_message.h"

#include <array>
#include <cassert>
#include <cstdio>
#include <ctime>

#include "gatehouse/workspace/gmail/body_text.h"
#include "gatehouse/workspace/gmail/header_writer.h"
#include "gatehouse/workspace/gmail/markdown_html.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

std::string text_part(std::string_view type, std::string_view text) {
  const BodyText body = encode_body(text);
  HeaderWriter header;
  header.fixed("Content-Type", std::string(type) + "; charset=utf-8");
  header.fixed("Content-Transfer-Encoding", body.encoding);
  return header.lines() + "\r\n" + body.lines;
}

void write_header(const OutgoingMessage& message, HeaderWriter& header) {
  header.fixed("Date", mail_date(message.date));
  header.addresses("From", {message.from});
  header.addresses("To", message.to);
  header.addresses("Cc", message.cc);
  header.addresses("Bcc", message.bcc);
  header.text("Subject", message.subject);
  header.message_ids("Message-ID", {message.message_id});
  if (!message.references.empty()) {
    header.message_ids("In-Reply-To", {message.references.back()});
    header.message_ids("References", message.references);
  }
  if (!message.mark.empty()) header.fixed("X-Gatehouse-Request", message.mark);
  header.fixed("MIME-Version", "1.0");
}

std::string new_boundary(base::Random& random) { return "=_" + random.token(18); }

// From its Content-Type on: the body, and what is forwarded beneath it, in two forms.
std::string text_of(const OutgoingMessage& message, base::Random& random) {
  std::string plain = clean_text(message.body).text;
  std::string pieces = markdown_to_html_piece(plain);
  if (!message.forwarded_head.empty()) {
    if (!plain.empty()) plain += "\n\n";
    plain += message.forwarded_head + "\n\n" + message.forwarded_text;
    pieces += lines_to_html_piece(message.forwarded_head);
    pieces += markdown_to_html_piece(message.forwarded_text);
  }
  const std::string boundary = new_boundary(random);
  HeaderWriter header;
  header.fixed("Content-Type", "multipart/alternative; boundary=\"" + boundary + "\"");
  const std::string line = "--" + boundary;
  return header.lines() + "\r\n" + line + "\r\n" + text_part("text/plain", plain) + "\r\n" + line +
         "\r\n" + text_part("text/html", html_document(pieces)) + "\r\n" + line + "--\r\n";
}

}  // namespace

std::string write_message(const OutgoingMessage& message, base::Random& random) {
  assert(message.files.empty());
  HeaderWriter header;
  write_header(message, header);
  return header.lines() + text_of(message, random);
}

FiledMessage::FiledMessage(const OutgoingMessage& message, base::Random& random, base::Secret& out)
    : out_(out) {
  const std::string boundary = new_boundary(random);
  HeaderWriter header;
  write_header(message, header);
  header.fixed("Content-Type", "multipart/mixed; boundary=\"" + boundary + "\"");
  delimiter_ = "\r\n--" + boundary;
  out_.append(header.lines());
  out_.append(delimiter_ + "\r\n" + text_of(message, random));
}

bool FiledMessage::add(const OutgoingFile& file, std::string_view base64url) {
  out_.append(delimiter_ + "\r\n");
  return write_file(file, base64url, out_);
}

void FiledMessage::finish() { out_.append(delimiter_ + "--\r\n"); }

std::string mail_date(base::SystemTime time) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = base::epoch_seconds(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %d %s %d %02d:%02d:%02d +0000",
                kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text;
}

}  // namespace gatehouse::workspace::gmail
