// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/consent_page.h"

#include <algorithm>

#include "gatehouse/http/url.h"
#include "gatehouse/oauth/redirect_uri.h"
#include "gatehouse/web/decision_form.h"
#include "gatehouse/web/display_text.h"
#include "gatehouse/web/domain_words.h"
#include "gatehouse/web/lifetime_words.h"
#include "gatehouse/web/scope_words.h"
#include "gatehouse/web/who_asks.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kPlaceCharactersMax = 200;
constexpr std::size_t kAccountCharactersMax = 100;

bool is_app_link(std::string_view redirect_uri) {
  const auto url = http::parse_url(redirect_uri);
  return url && url->scheme != "https" && url->scheme != "http";
}

Html place(std::string_view redirect_uri) {
  Html out = html("<span class=\"place\">{}</span>",
                  display_text(redirect_place(redirect_uri), kPlaceCharactersMax));
  if (oauth::is_loopback_redirect(redirect_uri)) {
    out += html(", a program running on this computer");
  } else if (is_app_link(redirect_uri)) {
    out += html(", an application installed on this computer");
  }
  return out;
}

Html warning(std::string_view redirect_uri) {
  if (!oauth::is_loopback_redirect(redirect_uri) && !is_app_link(redirect_uri)) return {};
  return html(
      "<p class=\"warning\"><strong>Did you start this yourself?</strong> The answer goes to a "
      "program on this computer, and any program can use this name. Allow it only if you were "
      "connecting an assistant just now.</p>\n");
}

Html list_of(const std::vector<std::string>& sentences) {
  Html items;
  for (const std::string& words : sentences) items += html("<li>{}</li>\n", words);
  return html("<ul>\n{}</ul>", items);
}

Html access_list(const SiteSettings& settings, const oauth::AuthorizationRequest& request) {
  return list_of(scope_words(settings.google_scopes(request.scopes), request.scopes));
}

std::string account_words(const SiteSettings& settings, const ExpectedAccount& account) {
  if (!account.address.empty()) {
    return display_text(account.address, kAccountCharactersMax) + ", unless you choose another";
  }
  if (account.is_known) {
    return "The one that signed in last in this browser, unless you choose another";
  }
  const std::string domains = domain_words(settings.allowed_domains);
  return "The " + domains + (domains.empty() ? "" : " ") +
         "Google account you choose on the next page";
}

Html another_account(const ExpectedAccount& account) {
  if (!account.is_known) return {};
  return html(
      "<button type=\"submit\" name=\"decision\" value=\"{}\" class=\"second\">Allow with another "
      "account</button>\n",
      kAnotherAccount);
}

}  // namespace

std::string redirect_place(std::string_view redirect_uri) {
  const auto url = http::parse_url(redirect_uri);
  if (!url) return "an unreadable address";
  if (url->scheme == "https" && (url->port.empty() || url->port == "443")) return url->host;
  if (url->scheme == "https" || url->scheme == "http") {
    return url->port.empty() ? url->host : url->host + ":" + url->port;
  }
  return url->host.empty() ? url->scheme : url->origin();
}

std::string authorize_again(const oauth::AuthorizationRequest& request) {
  http::FormFields fields = {{"response_type", "code"},
                             {"client_id", request.client.str()},
                             {"redirect_uri", request.redirect_uri},
                             {"code_challenge", request.code_challenge},
                             {"code_challenge_method", "S256"},
                             {"scope", oauth::join_scopes(request.scopes)},
                             {"resource", request.resource}};
  if (request.state) fields.emplace_back("state", *request.state);
  return "/authorize?" + http::encode_form(fields);
}

Page consent_page(const SiteSettings& settings, const oauth::AuthorizationRequest& request,
                  std::string_view sealed_form, const ExpectedAccount& account) {
  const std::string name = shown_client_name(request.client_name);
  Page page(settings.brand);
  page.has_ways_out = false;
  page.title = "Allow access?";
  // Browsers hold every redirect after the form to this list: Google may pass people on to their
  // company's own identity provider at once, and a client's callback to wherever it likes.
  page.form_targets = {"'self'", "https:", form_target_of(settings.identity_origin),
                       form_target_of(request.redirect_uri)};
  page.body = html(
      "<h1>Allow {} to use your Google account?</h1>\n"
      "{}"
      "<dl>\n"
      "{}"
      "<dt>Where the access goes</dt>\n"
      "<dd>{}</dd>\n"
      "<dt>What it may do, as you</dt>\n"
      "<dd>{}</dd>\n"
      "<dt>For which account</dt>\n"
      "<dd>{}</dd>\n"
      "<dt>Until when</dt>\n"
      "<dd>For {} from now; then you are asked again. You can end it sooner on "
      "<a href=\"/account\">your account page</a>.</dd>\n"
      "</dl>\n"
      "{}"
      "<p class=\"quiet\">{} stands between: the application never receives your password or a "
      "Google credential.</p>\n",
      name, warning(request.redirect_uri), who_asks(settings, request.client, request.client_name),
      place(request.redirect_uri), access_list(settings, request), account_words(settings, account),
      lifetime_words(settings.session_ttl),
      decision_form("/consent", sealed_form, another_account(account)), settings.brand.name);
  return page;
}

}  // namespace gatehouse::web
