// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/more_access_page.h"

#include <string>

#include "gatehouse/web/decision_form.h"
#include "gatehouse/web/display_text.h"
#include "gatehouse/web/end_page.h"
#include "gatehouse/web/scope_words.h"
#include "gatehouse/web/time_words.h"
#include "gatehouse/web/who_asks.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kAccountCharactersMax = 100;

// Only what comes on top: what the session may do already is no question any more.
Html added_list(const SiteSettings& settings, const Widening& widening) {
  const auto before = scope_words(settings.google_scopes(widening.held), widening.held);
  Html items;
  for (const std::string& words : oauth::difference(
           scope_words(settings.google_scopes(widening.added), widening.added), before)) {
    items += html("<li>{}</li>\n", words);
  }
  return html("<ul>\n{}</ul>", items);
}

std::string account_words(std::string_view account) {
  if (account.empty()) return "The one this session was started with; no other is accepted";
  return display_text(account, kAccountCharactersMax);
}

EndWords words_for(MoreAccess end, const std::string& client) {
  switch (end) {
    case MoreAccess::allowed:
      return {200, "allowed", "Allowed", client + " may do this now, until its session ends.",
              "Go back to it and let it try again. You can close this page."};
    case MoreAccess::not_allowed:
      return {200, "not allowed", "Nothing was changed",
              client + " keeps the access it had, and no more.", "You can close this page."};
    case MoreAccess::not_at_google:
      return {403, "not at google", "Google was not allowed to",
              "The permission was not granted on Google's page, so " + client +
                  " keeps the access it had.",
              "To allow it after all, open the same link again and tick the permission on Google's "
              "page. If it cannot be ticked, your administrator may not permit it."};
    case MoreAccess::other_account:
      return {403, "other account", "This is another Google account",
              "The session belongs to a different account than the one you chose. Nothing was "
              "changed.",
              "Open the same link again and choose the account that the session was started with. "
              "If somebody else sent you the link, close this page."};
    case MoreAccess::link_gone:
      return {404, "link gone", "This link is no longer good",
              "Such a link works for ten minutes, and only when it is complete.",
              "Let your assistant try again; it gets a new link."};
  }
  return {500, "unknown", "Something went wrong", "", "Try again."};
}

}  // namespace

Page more_access_page(const SiteSettings& settings, const Widening& widening,
                      std::string_view client_name, std::string_view account,
                      std::string_view sealed_form) {
  const std::string name = shown_client_name(client_name);
  Page page(settings.brand);
  page.title = "Allow more?";
  page.has_ways_out = false;
  // As on the consent page: Google may pass people on to their company's own identity provider.
  page.form_targets = {"'self'", "https:", form_target_of(settings.identity_origin)};
  page.body = html(
      "<h1>Allow {} to do more with your Google account?</h1>\n"
      "<p class=\"warning\"><strong>Did your assistant just ask for this?</strong> It is connected "
      "already and wants to do something it was not allowed so far. If somebody else sent you this "
      "link, close the page.</p>\n"
      "<dl>\n"
      "{}"
      "<dt>What it may do besides, as you</dt>\n"
      "<dd>{}</dd>\n"
      "<dt>For which account</dt>\n"
      "<dd>{}</dd>\n"
      "<dt>Until when</dt>\n"
      "<dd>Until {}, when this session ends; then you are asked again. You can end it sooner on "
      "<a href=\"/account\">your account page</a>.</dd>\n"
      "</dl>\n"
      "{}",
      name, who_asks(settings, widening.client, client_name), added_list(settings, widening),
      account_words(account), time_element(widening.until),
      decision_form("/consent/more", sealed_form, Html()));
  return page;
}

Page more_access_end_page(const SiteSettings& settings, MoreAccess end,
                          std::string_view client_name) {
  const EndWords words = words_for(end, shown_client_name(client_name));
  return end_page(settings.brand, words);
}

std::string_view word_for(MoreAccess end) { return words_for(end, {}).log_word; }

}  // namespace gatehouse::web
