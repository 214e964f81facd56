// SPDX-License-Identifier: Apache-2.0
//
// URLs of strangers: a strict reading that can be put together again, redirect URIs, audiences, and
// the targets of links in mail.
#include "fuzzing.h"
#include "gatehouse/http/url.h"
#include "gatehouse/oauth/redirect_uri.h"
#include "gatehouse/oauth/resource.h"
#include "gatehouse/workspace/gmail/link_mark.h"

namespace gatehouse::fuzzing {
namespace {

using http::Url;

std::string put_together(const Url& url, bool has_authority) {
  std::string text = url.scheme + ":";
  if (has_authority) {
    text += "//";
    if (url.has_userinfo) text += url.userinfo + "@";
    text += url.host;
    if (!url.port.empty()) text += ":" + url.port;
  }
  text += url.path;
  if (url.has_query) text += "?" + url.query;
  if (url.has_fragment) text += "#" + url.fragment;
  return text;
}

void check_url(std::string_view text, const Url& url) {
  assert(is_visible_ascii(text) && text.find('\\') == std::string_view::npos);
  const bool has_authority = text.substr(text.find(':') + 1).starts_with("//");
  const std::string whole = put_together(url, has_authority);
  assert(base::equal_ignoring_case(whole, text));
  const auto again = http::parse_url(whole);
  assert(again && again->origin() == url.origin());
  const bool is_web = url.scheme == "http" || url.scheme == "https";
  if (is_web) assert(!url.host.empty() && url.host.find_first_of("@/?#%") == std::string::npos);
}

oauth::AuthorizationServerSettings settings() {
  oauth::AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  return settings;
}

void check_redirect(std::string_view text) {
  static const oauth::AuthorizationServerSettings known = settings();
  const auto fault = oauth::redirect_uri_fault(known, text);
  if (fault) {
    assert(is_single_line(*fault));
    return;
  }
  const auto url = http::parse_url(text);
  assert(url && !url->has_fragment && !url->has_userinfo && text.size() <= 2048);
  assert(url->scheme != "http" || oauth::is_loopback_redirect(text));
  assert(url->scheme != "javascript" && url->scheme != "data" && url->scheme != "file");
  assert(oauth::redirect_uri_matches(text, text));
  assert(oauth::is_loopback_redirect(text) ||
         !oauth::redirect_uri_matches("http://127.0.0.1/", text));
}

void check_resource(std::string_view text) {
  static const oauth::AuthorizationServerSettings known = settings();
  const auto resource = oauth::canonical_resource(known, text);
  if (!resource) return;
  assert(*resource == known.resource());
  const auto url = http::parse_url(text);
  assert(url && url->host == "gate.example" && url->scheme == "https");
}

void check_link(std::string_view text) {
  namespace gmail = workspace::gmail;
  const std::string target = gmail::link_target(text);
  assert(base::is_valid_utf8(target));
  assert(target.find_first_of(" ()<>[]\"`\r\n\t") == std::string::npos);
  // Where a browser and the strict reading both see a web page, they see the same host.
  const auto url = http::parse_url(text);
  if (url && (url->scheme == "http" || url->scheme == "https") && !url->host.ends_with('.')) {
    const std::string host = gmail::link_host(text);
    assert(host == url->host || url->host.starts_with('['));
  }
  const std::string shown = gmail::shown_host(text);
  assert(gmail::same_site(shown, shown));
}

}  // namespace

void run(std::string_view input) {
  const auto url = http::parse_url(input);
  if (url) check_url(input, *url);
  check_redirect(input);
  check_resource(input);
  check_link(input);
  (void)http::is_loopback_host(input);
}

}  // namespace gatehouse::fuzzing
