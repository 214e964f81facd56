// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/curl_request.h"

#include <algorithm>

#include "gatehouse/base/encoding.h"
#include "gatehouse/http/field_text.h"
#include "gatehouse/http/url.h"

namespace gatehouse::http {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kUrlBytesMax = 16 * 1024;
constexpr std::size_t kRequestHeadBytesMax = 64 * 1024;

bool is_bearer(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// Stricter than a URL parser need be, so that libcurl's parser cannot read another host out of the
// same text.
bool is_plain_host(std::string_view host) {
  if (host.size() > 255) return false;
  if (host.starts_with('[') && host.ends_with(']')) {
    return host.size() > 2 && host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1;
  }
  return !host.empty() && host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") ==
                              std::string_view::npos;
}

bool is_set_by_us(std::string_view name) {
  for (const std::string_view ours :
       {"content-length", "transfer-encoding", "connection", "host", "expect"}) {
    if (base::equal_ignoring_case(name, ours)) return true;
  }
  return false;
}

}  // namespace

void CurlHeaders::add(std::string_view name, std::string_view separator, std::string_view value) {
  starts_.push_back(text_.size());
  text_.append(name);
  text_.append(separator);
  text_.append(value);
  text_.append(std::string_view("\0", 1));
}

curl_slist* CurlHeaders::list() {
  nodes_.resize(starts_.size());
  char* const text = reinterpret_cast<char*>(text_.writable().data());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].data = text + starts_[i];
    nodes_[i].next = i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr;
  }
  return nodes_.data();
}

base::Result<CurlHeaders> curl_headers_of(const ClientRequest& request) {
  CurlHeaders lines;
  bool has_type = false;
  for (const auto& header : request.headers) {
    if (!is_token(header.name) || has_control(header.value)) {
      return Error{Errc::invalid_argument, "request header refused: characters that HTTP forbids"};
    }
    if (is_set_by_us(header.name)) {
      return Error{Errc::invalid_argument,
                   "request header refused: " + header.name + " is set by the client"};
    }
    has_type = has_type || base::equal_ignoring_case(header.name, "content-type");
    // For libcurl "Name:" removes a header and "Name;" sends it empty.
    lines.add(header.name, header.value.empty() ? ";" : ": ", header.value);
  }
  if (!request.bearer.empty()) {
    if (!is_bearer(request.bearer.reveal())) {
      return Error{Errc::invalid_argument, "bearer refused: characters that HTTP forbids"};
    }
    lines.add("Authorization", ": Bearer ", request.bearer.reveal());
  }
  if (lines.size() > kRequestHeadBytesMax) {
    return Error{Errc::invalid_argument, "request headers refused: too long"};
  }
  if (!has_type) lines.add("Content-Type", ":", "");
  lines.add("Expect", ":", "");
  return lines;
}

base::Result<CurlTarget> curl_target_of(const std::string& text, const CurlClientOptions& options) {
  if (text.size() > kUrlBytesMax) return Error{Errc::invalid_argument, "URL refused: too long"};
  const auto url = parse_url(text);
  if (!url || !is_plain_host(url->host))
    return Error{Errc::invalid_argument, "URL refused: malformed"};
  if (url->has_userinfo || url->has_fragment) {
    return Error{Errc::invalid_argument, "URL refused: userinfo or fragment"};
  }
  CurlTarget target{url->host, url->origin(), url->scheme == "http", is_loopback_host(url->host)};
  if (!target.plain && url->scheme != "https")
    return Error{Errc::invalid_argument, "URL refused: scheme"};
  if (options.public_addresses_only && options.trusted_addresses.empty() && !url->port.empty() &&
      url->port != "443") {
    return Error{Errc::invalid_argument, "URL refused: port"};
  }
  if (!target.plain) return target;
  const bool allowed =
      options.plain_http_anywhere || (options.allow_plain_http_to_loopback && target.loopback) ||
      std::ranges::find(options.plain_http_hosts, url->host) != options.plain_http_hosts.end();
  if (!allowed) return Error{Errc::invalid_argument, "URL refused: plain http to " + url->host};
  return target;
}

base::Result<void> check_curl_method(const ClientRequest& request) {
  if (request.method == Method::other) return Error{Errc::invalid_argument, "method refused"};
  const bool without_body = request.method == Method::get || request.method == Method::head;
  if (without_body && !request.body.empty())
    return Error{Errc::invalid_argument, "method refused: GET with a body"};
  return {};
}

}  // namespace gatehouse::http
