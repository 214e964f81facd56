// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/url.h"

#include <arpa/inet.h>

#include <algorithm>

#include "gatehouse/base/encoding.h"

namespace gatehouse::http {
namespace {

constexpr std::size_t kFormFieldsMax = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// '+' first, then escapes: an escaped plus stays a plus.
std::optional<std::string> decode_form_text(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  auto decoded = base::percent_decode(spaced);
  if (!decoded || !base::is_valid_utf8(*decoded)) return std::nullopt;
  return decoded;
}

// Every byte unreserved, a sub-delimiter, one of `more`, or part of a whole escape (RFC 3986
// section 2).
bool consists_of(std::string_view text, std::string_view more) {
  constexpr std::string_view kAlways = "-._~!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_alpha(c) || is_digit(c) || kAlways.find(c) != std::string_view::npos) continue;
    if (more.find(c) != std::string_view::npos) continue;
    if (c != '%' || i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
      return false;
    }
    i += 2;
  }
  return true;
}

bool is_scheme(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

// inet_pton() reads up to a NUL and would not see what a stranger has put behind it.
bool is_address(int family, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  in6_addr address{};
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_ipv6_literal(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  return is_address(AF_INET6, host.substr(1, host.size() - 2));
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) {
    return false;
  }
  int port = 0;
  for (char c : text) port = port * 10 + (c - '0');
  return port <= 65'535;
}

// Host names of the web: letters, digits, '-', '_' and '.'; no escapes, which would make one host
// look like two.
bool is_web_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

bool take_host_and_port(std::string_view text, bool web, Url& url) {
  std::string_view host = text;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(0, end + 1);
    if (!is_ipv6_literal(host)) return false;
  } else {
    host = text.substr(0, text.find(':'));
    if (web ? !is_web_host(host) : !consists_of(host, "")) return false;
  }
  std::string_view rest = text.substr(host.size());
  if (!rest.empty()) {
    if (rest[0] != ':' || !is_port(rest.substr(1))) return false;
    url.port = rest.substr(1);
  }
  url.host = base::to_lower_ascii(host);
  return !url.host.empty() || (!web && url.port.empty());
}

bool take_authority(std::string_view text, bool web, Url& url) {
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos) {
    url.has_userinfo = true;
    url.userinfo = text.substr(0, at);
    if (!consists_of(url.userinfo, ":")) return false;
    text.remove_prefix(at + 1);
  }
  return take_host_and_port(text, web, url);
}

// Cuts `text` at the first `mark` and gives what follows it.
std::optional<std::string_view> cut_at(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view tail = text.substr(at + 1);
  text = text.substr(0, at);
  return tail;
}

}  // namespace

std::optional<FormFields> parse_form(std::string_view text) {
  FormFields fields;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    if (fields.size() == kFormFieldsMax) return std::nullopt;
    const auto value_text = cut_at(pair, '=');
    auto name = decode_form_text(pair);
    auto value = decode_form_text(value_text.value_or(""));
    if (!name || !value) return std::nullopt;
    fields.emplace_back(std::move(*name), std::move(*value));
  }
  return fields;
}

std::string encode_form(const FormFields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!text.empty()) text += '&';
    text += base::percent_encode(name);
    text += '=';
    text += base::percent_encode(value);
  }
  return text;
}

std::optional<std::string_view> single_field(const FormFields& fields, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& field : fields) {
    if (field.first != name) continue;
    if (found) return std::nullopt;
    found = field.second;
  }
  return found;
}

std::size_t field_count(const FormFields& fields, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; }));
}

std::string Url::origin() const {
  std::string text = scheme + "://" + host;
  if (!port.empty()) text.append(":").append(port);
  return text;
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
  url.scheme = base::to_lower_ascii(text.substr(0, colon));
  text.remove_prefix(colon + 1);

  if (const auto fragment = cut_at(text, '#')) {
    url.has_fragment = true;
    url.fragment = *fragment;
  }
  if (const auto query = cut_at(text, '?')) {
    url.has_query = true;
    url.query = *query;
  }
  const bool web = url.scheme == "http" || url.scheme == "https";
  const bool has_authority = text.starts_with("//");
  if (has_authority) {
    const std::string_view authority = text.substr(2, text.find('/', 2) - 2);
    if (!take_authority(authority, web, url)) return std::nullopt;
    text.remove_prefix(2 + authority.size());
  }
  url.path = text;

  if (web && !has_authority) return std::nullopt;
  if (url.host.empty() && url.path.empty()) return std::nullopt;
  if (!consists_of(url.path, ":@/") || !consists_of(url.query, ":@/?") ||
      !consists_of(url.fragment, ":@/?")) {
    return std::nullopt;
  }
  return url;
}

bool is_loopback_host(std::string_view host) {
  if (base::equal_ignoring_case(host, "localhost") || host == "[::1]") return true;
  return host.starts_with("127.") && is_address(AF_INET, host);
}

}  // namespace gatehouse::http
