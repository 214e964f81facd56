// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/session_note.h"

#include <algorithm>

#include "gatehouse/oauth/client_document.h"
#include "gatehouse/web/browser_words.h"
#include "gatehouse/web/connect_page.h"
#include "gatehouse/web/consent_page.h"
#include "gatehouse/web/display_text.h"
#include "gatehouse/web/scope_words.h"
#include "gatehouse/web/who_asks.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kPlaceCharactersMax = 120;

std::vector<std::string> left_out(const std::vector<std::string>& asked,
                                  const std::vector<std::string>& granted) {
  std::vector<std::string> missing;
  for (const std::string& scope : asked) {
    const auto is_same = [&scope](const std::string& other) {
      return short_scope(other) == short_scope(scope);
    };
    const bool has = std::any_of(granted.begin(), granted.end(), is_same);
    if (!has) missing.emplace_back(short_scope(scope));
  }
  return missing;
}

}  // namespace

vault::SessionNote session_note(const SiteSettings& settings, const http::Request& request,
                                const oauth::AuthorizationRequest& asked,
                                const vault::UpstreamCredentials& upstream) {
  vault::SessionNote note;
  note.client_name = shown_client_name(asked.client_name);
  note.place = display_text(redirect_place(asked.redirect_uri), kPlaceCharactersMax);
  note.browser = browser_words(request.header("User-Agent").value_or(""));
  note.left_out = left_out(settings.google_scopes(asked.scopes), upstream.scopes);
  return note;
}

vault::SessionNote connected_note(const SiteSettings& settings, const http::Request& request,
                                  const Widening& widening, std::string_view client_name,
                                  const vault::UpstreamCredentials& upstream) {
  const std::string host = oauth::client_document_host(widening.client.str());
  vault::SessionNote note;
  note.grant = widening.pickup.grant;
  note.client_name = shown_client_name(client_name);
  note.place =
      host.empty() ? "your company's application" : display_text(host, kPlaceCharactersMax);
  note.browser = browser_words(request.header("User-Agent").value_or(""));
  note.left_out = left_out(settings.google_scopes(widening.added), upstream.scopes);
  note.signed_in_at = widening.until - settings.session_ttl;
  return note;
}

}  // namespace gatehouse::web
