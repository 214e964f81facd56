// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/request_rules.h"

#include <algorithm>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/take_until.h"

namespace gatehouse::mcp {
namespace {

bool refuses(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = base::trim(base::take_until(parameters, ';'));
    if (parameter == "q=0" || parameter == "q=0.0" || parameter == "q=0.00" ||
        parameter == "q=0.000")
      return true;
  }
  return false;
}

void note_media_range(std::string_view range, Accepted& accepted) {
  const std::string_view type = base::trim(base::take_until(range, ';'));
  if (refuses(range)) return;
  if (type == "*/*") accepted.anything = true;
  if (type == "*/*" || base::equal_ignoring_case(type, "application/*") ||
      base::equal_ignoring_case(type, "application/json")) {
    accepted.json = true;
  } else if (base::equal_ignoring_case(type, "text/event-stream")) {
    accepted.events = true;
  }
}

// RFC 9110 section 5.5, without what is obsolete.
bool is_visible(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; });
}

}  // namespace

Accepted accepted_types(const http::Request& request) {
  Accepted accepted;
  bool present = false;
  for (const http::HeaderView& field : request.headers) {
    if (field.name.size() != 6 || !base::equal_ignoring_case(field.name, "accept")) continue;
    if (!present) accepted.json = accepted.anything = false;
    present = true;
    std::string_view rest = field.value;
    while (!rest.empty()) note_media_range(base::trim(base::take_until(rest, ',')), accepted);
  }
  return accepted;
}

std::optional<std::string> decoded_header_value(std::string_view value) {
  constexpr std::string_view kPrefix = "=?base64?";
  constexpr std::string_view kSuffix = "?=";
  const bool encoded = value.size() >= kPrefix.size() + kSuffix.size() &&
                       value.starts_with(kPrefix) && value.ends_with(kSuffix);
  if (!encoded) return is_visible(value) ? std::optional<std::string>(value) : std::nullopt;
  value.remove_prefix(kPrefix.size());
  value.remove_suffix(kSuffix.size());
  std::optional<std::string> text = base::base64_decode(value);
  if (!text || !base::is_valid_utf8(*text)) return std::nullopt;
  return text;
}

SingleHeader single_header(const http::Request& request, std::string_view name) {
  SingleHeader header;
  header.value = request.header(name);
  header.repeated = !header.value && request.header_count(name) > 1;
  return header;
}

}  // namespace gatehouse::mcp
