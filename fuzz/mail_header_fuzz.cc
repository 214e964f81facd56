// SPDX-License-Identifier: Apache-2.0
//
// Header values, whole headers and charsets of mail. The input is the name of a charset, then the
// bytes behind a line `--`.
#include "fuzzing.h"
#include "gatehouse/workspace/gmail/charset.h"
#include "gatehouse/workspace/gmail/header_text.h"
#include "gatehouse/workspace/gmail/message_view.h"
#include "gatehouse/workspace/gmail/raw_head.h"

namespace gatehouse::fuzzing {
namespace {

namespace gmail = workspace::gmail;

void check_charset(std::string_view charset, std::string_view bytes) {
  const std::string text = gmail::to_utf8(bytes, charset);
  assert(base::is_valid_utf8(text));
  assert(text.size() <= 4 * bytes.size() + 16);
}

void check_addresses(std::string_view raw) {
  const auto addresses = gmail::parse_addresses(raw);
  assert(addresses.size() <= 500);
  for (const gmail::Address& each : addresses) {
    assert(base::is_valid_utf8(each.name));
    assert(!each.name.empty() || !each.address.empty());
  }
  assert(is_single_line(gmail::people_of(raw, 20)));
}

void check_parameters(std::string_view raw) {
  const gmail::Parameters parameters = gmail::parse_parameters(raw);
  assert(parameters.items.size() <= 100);
  for (const std::string_view name : {"charset", "name", "filename", "boundary"}) {
    assert(base::is_valid_utf8(parameters.parameter(name)));
  }
  for (const auto& item : parameters.items) {
    assert(base::is_valid_utf8(parameters.parameter(item.name)));
  }
}

// Taken apart, nothing of a header is lost, and no value holds a line end.
void check_raw_head(std::string_view message) {
  const auto head = gmail::read_raw_head(message);
  if (!head) return;
  std::string together;
  for (const gmail::RawField& field : head->fields) {
    together += field.lines;
    assert(field.lines.starts_with(field.name));
    assert(field.value().find_first_of("\r\n") == std::string::npos);
  }
  assert(together + "\r\n" == message.substr(0, head->size));
}

}  // namespace

void run(std::string_view input) {
  const std::string_view charset = take_part(input);
  check_charset(charset, input);
  const std::string decoded = gmail::decode_header(input);
  assert(base::is_valid_utf8(decoded));
  assert(decoded.find_first_of("\r\n") == std::string::npos || input.find('=') != input.npos);
  check_addresses(input);
  check_parameters(input);
  check_raw_head(input);
}

}  // namespace gatehouse::fuzzing
