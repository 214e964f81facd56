// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/connect_page.h"

#include "gatehouse/web/decision_form.h"
#include "gatehouse/web/display_text.h"
#include "gatehouse/web/end_page.h"
#include "gatehouse/web/scope_words.h"
#include "gatehouse/web/time_words.h"
#include "gatehouse/web/who_asks.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kAddressCharactersMax = 100;

std::string shown_address(const Widening& widening) {
  return display_text(widening.pickup.email, kAddressCharactersMax);
}

Html list_of(const SiteSettings& settings, const Widening& widening) {
  Html items;
  for (const std::string& words :
       scope_words(settings.google_scopes(widening.added), widening.added)) {
    items += html("<li>{}</li>\n", words);
  }
  return html("<ul>\n{}</ul>", items);
}

EndWords words_for(MoreAccess end, const std::string& client, const std::string& address) {
  switch (end) {
    case MoreAccess::allowed:
      return {200, "allowed", "Connected", client + " can work with your Google account now.",
              "Go back to it and let it try again. You can close this page."};
    case MoreAccess::not_allowed:
      return {200, "not allowed", "Nothing was connected",
              client + " cannot reach your Google account.", "You can close this page."};
    case MoreAccess::not_at_google:
      return {403, "not at google", "Google was not allowed to",
              "No permission was granted on Google's page, so " + client +
                  " cannot reach your Google account.",
              "To allow it after all, open the same link again and tick a permission on Google's "
              "page. If none can be ticked, your administrator may not permit it."};
    case MoreAccess::other_account:
      return {403, "other account", "This is another Google account",
              "Your company let " + client + " begin for " + address +
                  ", and you chose a different account. Nothing was connected.",
              "If that address is yours, open the same link again and choose that account. If it "
              "is not, somebody else's assistant asked for this: close this page."};
    case MoreAccess::link_gone:
      break;
  }
  return {404, "link gone", "This link is no longer good",
          "Such a link works for ten minutes, and only when it is complete.",
          "Let your assistant try again; it gets a new link."};
}

}  // namespace

Page connect_page(const SiteSettings& settings, const Widening& widening,
                  std::string_view client_name, std::string_view sealed_form) {
  const std::string name = shown_client_name(client_name);
  Page page(settings.brand);
  page.title = "Connect your Google account?";
  page.has_ways_out = false;
  // As on the consent page: Google may pass people on to their company's own identity provider.
  page.form_targets = {"'self'", "https:", form_target_of(settings.identity_origin)};
  page.body = html(
      "<h1>Connect {} to your Google account?</h1>\n"
      "<p class=\"warning\"><strong>Did your assistant just ask for this?</strong> Your company "
      "let "
      "it begin; your Google account opens only when you sign in yourself. If somebody else sent "
      "you this link, close the page.</p>\n"
      "<dl>\n"
      "<dt>Who asks</dt>\n"
      "<dd>{}<br>\n"
      "<span class=\"quiet\">Admitted by your company's identity provider.</span></dd>\n"
      "<dt>What it may do, as you</dt>\n"
      "<dd>{}</dd>\n"
      "<dt>For which account</dt>\n"
      "<dd><strong>{}</strong><br>\n"
      "<span class=\"quiet\">No other is accepted.</span></dd>\n"
      "<dt>Until when</dt>\n"
      "<dd>Until {}; then you are asked again. You can end it sooner on <a "
      "href=\"/account\">your account page</a>.</dd>\n"
      "</dl>\n"
      "{}",
      name, name, list_of(settings, widening), shown_address(widening),
      time_element(widening.until), decision_form("/consent/more", sealed_form, Html()));
  return page;
}

Page connect_end_page(const SiteSettings& settings, MoreAccess end, const Widening& widening,
                      std::string_view client_name) {
  const EndWords words = words_for(end, shown_client_name(client_name), shown_address(widening));
  return end_page(settings.brand, words);
}

}  // namespace gatehouse::web
