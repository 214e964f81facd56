// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/page.h"

#include <utility>

#include "gatehouse/http/url.h"
#include "gatehouse/web/logo.h"
#include "gatehouse/web/stylesheet.h"

namespace gatehouse::web {
namespace {

std::string security_policy(const Page& page) {
  std::string policy = "default-src 'none'; style-src 'self'; ";
  if (page.brand.logo) policy += "img-src 'self'; ";
  policy += "base-uri 'none'; frame-ancestors 'none'; form-action";
  if (page.form_targets.empty()) return policy + " 'none'";
  for (const std::string& target : page.form_targets) policy.append(" ").append(target);
  return policy;
}

Html icon(const Brand& brand) {
  if (!brand.logo) return {};
  return html("<link rel=\"icon\" href=\"{}\">\n", logo_address(*brand.logo));
}

// The picture says nothing that the name beside it does not.
Html picture(const Brand& brand) {
  if (!brand.logo) return {};
  return html("<img src=\"{}\" alt=\"\" height=\"32\">", logo_address(*brand.logo));
}

Html header(const Page& page) {
  if (!page.has_ways_out) {
    return html("<header>\n<span class=\"brand\">{}{}</span>\n</header>\n", picture(page.brand),
                page.brand.name);
  }
  return html(
      "<header>\n"
      "<a class=\"brand\" href=\"/\">{}{}</a>\n"
      "<nav aria-label=\"Pages\"><a href=\"/\">Connect</a> <a href=\"/account\">Your "
      "account</a></nav>\n"
      "</header>\n",
      picture(page.brand), page.brand.name);
}

Html footer(const Brand& brand) {
  if (brand.contact.empty()) return {};
  return html("<footer>\n<p>Questions, or something looks wrong? {}</p>\n</footer>\n",
              contact_link(brand));
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
      "<title>{} &middot; {}</title>\n"
      "<link rel=\"stylesheet\" href=\"{}\">\n"
      "{}"
      "</head>\n"
      "<body>\n"
      "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
      "{}"
      "<main id=\"main\" tabindex=\"-1\">\n{}</main>\n"
      "{}"
      "</body>\n"
      "</html>\n",
      page.title, page.brand.name, stylesheet_address(), icon(page.brand), header(page), page.body,
      footer(page.brand));
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
