// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/outgoing_message.h"

#include <array>
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

}  // namespace

std::string write_message(const OutgoingMessage& message, base::Random& random) {
  const std::string plain = clean_text(message.body).text;
  HeaderWriter header;
  write_header(message, header);
  const std::string boundary = "=_" + random.token(18);
  header.fixed("Content-Type", "multipart/alternative; boundary=\"" + boundary + "\"");
  const std::string line = "--" + boundary;
  return header.lines() + "\r\n" + line + "\r\n" + text_part("text/plain", plain) + "\r\n" + line +
         "\r\n" + text_part("text/html", markdown_to_html(plain)) + "\r\n" + line + "--\r\n";
}

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
