// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

// application/x-www-form-urlencoded pairs in their order, '+' as space, percent-decoded, valid
// UTF-8.
using FormFields = std::vector<std::pair<std::string, std::string>>;

// For queries and form bodies. nullopt when an escape is broken, the text is not UTF-8, or there
// are more than 64 fields.
std::optional<FormFields> parse_form(std::string_view text);

std::string encode_form(const FormFields& fields);

// The value of a field that occurs exactly once.
std::optional<std::string_view> single_field(const FormFields& fields, std::string_view name);
std::size_t field_count(const FormFields& fields, std::string_view name);

// An absolute URL taken apart, RFC 3986 section 3. Scheme and host in lower case; IPv6 hosts keep
// their brackets.
struct Url {
  std::string scheme;
  std::string userinfo;
  std::string host;
  std::string port;      // empty when not given
  std::string path;      // as written; empty when not given
  std::string query;     // without '?'
  std::string fragment;  // without '#'
  bool has_userinfo = false;
  bool has_query = false;
  bool has_fragment = false;

  std::string origin() const;  // scheme://host[:port]
};

// Strict: no white space, controls, backslashes or non-ASCII anywhere. nullopt when it is no
// absolute URL with a host or, for other schemes, with a non-empty remainder.
std::optional<Url> parse_url(std::string_view text);

// 127.0.0.0/8, [::1] and localhost.
bool is_loopback_host(std::string_view host);

}  // namespace gatehouse::http
