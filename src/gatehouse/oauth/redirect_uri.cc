// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/redirect_uri.h"

#include <algorithm>

#include "gatehouse/http/url.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kRedirectUriBytesMax = 2048;

// The three spellings RFC 8252 section 8.3 and real clients use; the rest of 127/8 is nobody's.
bool is_loopback_name(std::string_view host) {
  return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

// "com.example.app": at least two labels, so that no scheme of a browser or system is one.
bool is_reverse_domain(std::string_view scheme) {
  const std::size_t dot = scheme.find('.');
  return dot != std::string_view::npos && dot > 0 && !scheme.ends_with('.') &&
         scheme.find("..") == std::string_view::npos;
}

bool has_app_prefix(const AuthorizationServerSettings& settings, std::string_view uri) {
  return std::any_of(settings.app_redirect_prefixes.begin(), settings.app_redirect_prefixes.end(),
                     [uri](const std::string& prefix) {
                       return uri.size() > prefix.size() && uri.starts_with(prefix);
                     });
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

bool is_loopback(const http::Url& url) {
  return url.scheme == "http" && !url.has_userinfo && is_loopback_name(url.host);
}

bool same_but_for_port(const http::Url& a, const http::Url& b) {
  return a.host == b.host && a.path == b.path && a.has_query == b.has_query && a.query == b.query &&
         !a.has_fragment && !b.has_fragment;
}

}  // namespace

std::optional<std::string> redirect_uri_fault(const AuthorizationServerSettings& settings,
                                              std::string_view uri) {
  if (uri.size() > kRedirectUriBytesMax) return "is longer than 2048 bytes";
  const auto url = http::parse_url(uri);
  if (!url) return "is not an absolute URI";
  if (url->has_fragment) return "has a fragment";
  if (url->has_userinfo) return "has user information";
  if (has_dot_segment(url->path)) return "has a dot segment";
  if (url->scheme == "https") return std::nullopt;
  if (url->scheme == "http") {
    if (is_loopback_name(url->host)) return std::nullopt;
    return "uses http on a host that is not 127.0.0.1, [::1] or localhost";
  }
  if (is_reverse_domain(url->scheme) || has_app_prefix(settings, uri)) return std::nullopt;
  return "has a scheme that is not accepted here";
}

bool redirect_uri_matches(std::string_view registered, std::string_view requested) {
  if (registered == requested) return true;
  if (requested.size() > kRedirectUriBytesMax) return false;
  const auto known = http::parse_url(registered);
  const auto asked = http::parse_url(requested);
  return known && asked && is_loopback(*known) && is_loopback(*asked) &&
         same_but_for_port(*known, *asked);
}

bool redirect_uri_matches(const std::vector<std::string>& registered, std::string_view requested) {
  return std::any_of(registered.begin(), registered.end(), [requested](const std::string& uri) {
    return redirect_uri_matches(uri, requested);
  });
}

bool is_loopback_redirect(std::string_view uri) {
  const auto url = http::parse_url(uri);
  return url && is_loopback(*url);
}

}  // namespace gatehouse::oauth
