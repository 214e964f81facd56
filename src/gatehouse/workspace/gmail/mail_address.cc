// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/mail_address.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/domain_name.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kTextMax = 40'000;
constexpr std::size_t kLocalMax = 64;
constexpr std::size_t kAddressMax = 254;
constexpr std::size_t kNameMax = 100;
constexpr std::size_t kShownMax = 80;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// RFC 5322 section 3.2.3.
bool is_atom_character(char c) {
  const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_word || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '.' || is_atom_character(c); });
}

std::string complaint_about(std::string_view text) {
  return "\"" + shortened(clean_line(text).text, kShownMax) +
         "\" is no mail address. Write local@domain or Name <local@domain>, and names with commas "
         "in quotes.";
}

std::optional<MailAddress> parse_mailbox(std::string_view spec) {
  const std::size_t at = spec.find('@');
  if (at == std::string_view::npos || spec.size() > 4 * kAddressMax) return std::nullopt;
  MailAddress address;
  address.local = std::string(spec.substr(0, at));
  auto domain = ascii_domain(spec.substr(at + 1));
  if (!domain || address.local.size() > kLocalMax || !is_dot_atom(address.local))
    return std::nullopt;
  address.domain = std::move(*domain);
  if (address.text().size() > kAddressMax) return std::nullopt;
  return address;
}

// Takes one entry off the front of `rest`, up to and without its separator. A quotation mark hides
// separators until its end.
std::string_view take_entry(std::string_view& rest) {
  bool is_quoted = false;
  std::size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (is_quoted && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && (rest[i] == ',' || rest[i] == ';')) {
      break;
    }
  }
  const std::string_view entry = base::trim(rest.substr(0, i));
  rest.remove_prefix(std::min(rest.size(), i + 1));
  return entry;
}

// A quoted string as a whole, without its quotes; nullopt when there is more or less than one.
std::optional<std::string> unquoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 != text.size()) return std::nullopt;
      return out;
    }
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    out.push_back(text[i]);
  }
  return std::nullopt;
}

std::optional<std::string> parse_name(std::string_view text) {
  std::string name(text);
  if (text.starts_with('"')) {
    auto inner = unquoted(text);
    if (!inner) return std::nullopt;
    name = std::move(*inner);
  } else if (text.find_first_of("\"<>") != std::string_view::npos) {
    return std::nullopt;
  }
  return shortened(clean_line(name).text, kNameMax);
}

// Where the < of the address stands, outside of any quotes.
std::size_t find_angle(std::string_view entry) {
  if (!entry.starts_with('"')) return entry.find('<');
  for (std::size_t i = 1; i < entry.size(); ++i) {
    if (entry[i] == '\\') {
      ++i;
    } else if (entry[i] == '"') {
      return entry.find('<', i);
    }
  }
  return std::string_view::npos;
}

std::optional<MailAddress> parse_entry(std::string_view entry) {
  const std::size_t angle = find_angle(entry);
  if (angle == std::string_view::npos) return parse_mailbox(entry);
  if (!entry.ends_with('>')) return std::nullopt;
  auto address = parse_mailbox(base::trim(entry.substr(angle + 1, entry.size() - angle - 2)));
  auto name = parse_name(base::trim(entry.substr(0, angle)));
  if (!address || !name) return std::nullopt;
  address->name = std::move(*name);
  return address;
}

}  // namespace

bool MailAddress::is_same_mailbox(const MailAddress& other) const {
  return domain == other.domain && base::equal_ignoring_case(local, other.local);
}

AddressList parse_address_list(std::string_view text) {
  AddressList list;
  if (text.size() > kTextMax) {
    list.complaint = "The list of addresses is too long.";
    return list;
  }
  if (std::any_of(text.begin(), text.end(), is_control) || !base::is_valid_utf8(text)) {
    list.complaint = "Addresses must not contain line ends or control characters.";
    return list;
  }
  while (!text.empty()) {
    const std::string_view entry = take_entry(text);
    if (entry.empty()) continue;
    auto address = parse_entry(entry);
    if (!address) {
      list.addresses.clear();
      list.complaint = complaint_about(entry);
      return list;
    }
    list.addresses.push_back(std::move(*address));
  }
  return list;
}

}  // namespace gatehouse::workspace::gmail
