// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/page.h"

#include <utility>

#include "gatehouse/http/url.h"

namespace gatehouse::web {
namespace {

std::string security_policy(const Page& page) {
  std::string policy =
      "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action";
  if (page.form_targets.empty()) return policy + " 'none'";
  for (const std::string& target : page.form_targets) policy.append(" ").append(target);
  return policy;
}

Html document(const Page& page) {
  return html(
      "<!doctype html>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n"
      "<title>{} &middot; Gatehouse</title>\n"
      "<link rel=\"stylesheet\" href=\"/style.css\">\n"
      "</head>\n"
      "<body>\n"
      "<header><a href=\"/\">Gatehouse</a></header>\n"
      "<main>\n{}</main>\n"
      "</body>\n"
      "</html>\n",
      page.title, page.body);
}

}  // namespace

http::Response page_response(const Page& page) {
  http::Response response = http::html_response(page.status, document(page).str());
  response.with("Content-Security-Policy", security_policy(page));
  response.with("X-Frame-Options", "DENY");
  response.with("X-Content-Type-Options", "nosniff");
  // Not `no-referrer`: browsers would then call the origin of our own forms "null".
  response.with("Referrer-Policy", "same-origin");
  // No Cross-Origin-Opener-Policy: web clients open these pages in a window and wait for it.
  response.with("Cache-Control", "no-store");
  if (page.status == 503) response.with("Retry-After", "5");
  return response;
}

http::Response redirect_response(int status, std::string location) {
  http::Response response = http::empty_response(status);
  response.with("Location", std::move(location));
  response.with("Referrer-Policy", "no-referrer");
  response.with("Cache-Control", "no-store");
  return response;
}

std::string form_target_of(std::string_view url) {
  const auto parts = http::parse_url(url);
  if (!parts) return "'none'";
  // The grammar of host sources knows no IPv6 literals (CSP level 3, section 2.3.1).
  const bool has_host_source =
      (parts->scheme == "https" || parts->scheme == "http") && !parts->host.starts_with('[');
  return has_host_source ? parts->origin() : parts->scheme + ":";
}

}  // namespace gatehouse::web
