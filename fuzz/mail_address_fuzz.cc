// SPDX-License-Identifier: Apache-2.0
//
// The addresses that mail is sent to, the header that they become, and the body. What is accepted
// is written, read back by the forgiving parser of incoming mail, and must be the same mailboxes.
// The subject serves as the name and the type of an attached file, the body as its bytes too. The
// input is a list of addresses, then behind a line `--` a subject, then a body.
#include "fuzzing.h"
#include "gatehouse/base/random.h"
#include "gatehouse/workspace/gmail/body_text.h"
#include "gatehouse/workspace/gmail/domain_name.h"
#include "gatehouse/workspace/gmail/header_text.h"
#include "gatehouse/workspace/gmail/header_writer.h"
#include "gatehouse/workspace/gmail/mail_address.h"
#include "gatehouse/workspace/gmail/outgoing_message.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::fuzzing {
namespace {

namespace gmail = workspace::gmail;

// Header lines: ASCII, no line end that does not begin another line of the same field.
void check_lines(std::string_view lines) {
  assert(lines.ends_with("\r\n"));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto byte = static_cast<unsigned char>(lines[i]);
    assert(byte < 0x7f && (byte >= 0x20 || byte == '\r' || byte == '\n'));
    if (byte == '\r') assert(i + 1 < lines.size() && lines[i + 1] == '\n');
    if (byte == '\n') assert(i > 0 && lines[i - 1] == '\r');
    if (byte == '\n' && i + 1 < lines.size()) assert(lines[i + 1] == ' ');
  }
}

void check_address(const gmail::MailAddress& address) {
  assert(is_single_line(address.name));
  assert(is_visible_ascii(address.text()) && address.text().size() <= 254);
  assert(address.text().find_first_of("<>\",;:\\()[]") == std::string::npos);
  assert(address.local.find('@') == std::string::npos);
  assert(gmail::ascii_domain(address.domain) == address.domain);
}

void check_list(std::string_view text) {
  const gmail::AddressList list = gmail::parse_address_list(text);
  assert(list.complaint.empty() || list.addresses.empty());
  assert(is_single_line(list.complaint));
  if (list.addresses.empty() || list.addresses.size() > 500) return;
  for (const gmail::MailAddress& address : list.addresses) check_address(address);

  gmail::HeaderWriter header;
  header.addresses("To", list.addresses);
  check_lines(header.lines());
  const auto back = gmail::parse_addresses(std::string_view(header.lines()).substr(4));
  assert(back.size() == list.addresses.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    assert(back[i].address == list.addresses[i].text());
    assert(back[i].name == list.addresses[i].name);
  }
}

void check_subject(std::string_view text) {
  gmail::HeaderWriter header;
  header.text("Subject", text);
  check_lines(header.lines());
}

gmail::OutgoingMessage message_of(std::string_view subject, std::string_view body) {
  gmail::OutgoingMessage message;
  message.from = {"A", "a", "x.example"};
  message.to = {message.from};
  message.subject = std::string(subject);
  message.body = std::string(body);
  message.message_id = "<a@x.example>";
  message.references = {std::string(subject)};
  return message;
}

// How often the boundary of the first multipart stands in a message.
std::size_t delimiters_of(std::string_view raw) {
  const std::size_t type = raw.find("\r\nContent-Type: multipart/");  // a subject begins no line
  const std::size_t at = raw.find("boundary=\"", type) + 10;
  const std::string line = "\r\n--" + std::string(raw.substr(at, raw.find('"', at) - at));
  std::size_t lines = 0;
  for (std::size_t i = raw.find(line); i != raw.npos; i = raw.find(line, i + 1)) ++lines;
  return lines;
}

void check_message(std::string_view subject, std::string_view body) {
  base::SeededRandom random(hash_of(body));
  assert(delimiters_of(gmail::write_message(message_of(subject, body), random)) == 3);
}

// The header and the bytes of a file, between their delimiters.
void check_file(std::string_view name, std::string_view bytes) {
  gmail::MimePart part;
  part.mime = std::string(name.substr(0, 100));
  part.charset = part.mime;
  part.file_name = name.empty() ? "" : workspace::clean_file_name(name);
  const auto file = gmail::outgoing_file("18c2", part);
  if (!file) return;
  base::SeededRandom random(hash_of(bytes));
  base::Secret out;
  gmail::FiledMessage message(message_of("x", "x"), random, out);
  const std::string data = base::base64url_encode(bytes);
  const bool is_whole = message.add(*file, data);
  assert(is_whole);
  message.finish();
  const std::string_view raw = out.reveal();
  assert(delimiters_of(raw) == 3);
  const std::size_t field = raw.find("\r\nContent-Disposition: ") + 2;
  const std::size_t begin = raw.rfind("\r\nContent-Type: ", field) + 2;
  const std::size_t end = raw.find("\r\n\r\n", begin) + 2;
  std::size_t fields = 0;
  for (std::size_t i = begin; i < end; i = raw.find("\r\n", i) + 2) fields += raw[i] != ' ';
  assert(fields == 3);
  const std::string_view value = raw.substr(field + 21, end - field - 21);
  const auto disposition = gmail::parse_parameters(value.substr(0, value.rfind("\r\nContent-")));
  assert(disposition.value == "attachment");
  assert(disposition.parameter("filename") == file->name);
}

// What claims to be base64 is written as lines or refused.
void check_damaged(std::string_view text) {
  base::Secret out;
  if (!gmail::append_base64_lines(out, text)) return;
  for (const char c : out.reveal()) assert(is_visible_ascii({&c, 1}) || c == '\r' || c == '\n');
}

}  // namespace

void run(std::string_view input) {
  const std::string_view addresses = take_part(input);
  const std::string_view subject = take_part(input);
  check_list(addresses);
  (void)gmail::ascii_domain(addresses);
  check_subject(subject);
  check_message(subject, input);
  check_file(subject, input);
  check_damaged(input);
}

}  // namespace gatehouse::fuzzing
