// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/who_asks.h"

#include "gatehouse/oauth/client_document.h"
#include "gatehouse/oauth/client_origin.h"
#include "gatehouse/web/display_text.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kNameCharactersMax = 80;
constexpr std::size_t kHostCharactersMax = 253;  // a whole one: its end decides whose it is

Html unverified() { return html("<span class=\"tag\">unverified</span>"); }

// A name is a claim; of a client that publishes itself the address of the claim is proven, and what
// the operator wrote down is the operator's claim.
Html claim(const SiteSettings& settings, std::string_view client_id) {
  switch (oauth::origin_of_client(client_id)) {
    case oauth::ClientOrigin::published:
      return html(
          "{}<br>\npublished at <span class=\"place\">{}</span><br>\n"
          "<span class=\"quiet\">Whoever controls that address chose the name; nobody else has "
          "checked it.</span>",
          unverified(), display_text(oauth::client_document_host(client_id), kHostCharactersMax));
    case oauth::ClientOrigin::configured:
      return html(
          "<span class=\"tag vouched\">set up by your administrator</span><br>\n"
          "<span class=\"quiet\">Whoever runs {} has written it down, with this name.</span>",
          settings.brand.name);
    case oauth::ClientOrigin::registered:
      break;
  }
  return html(
      "{}<br>\n"
      "<span class=\"quiet\">It chose this name itself; nobody has checked it.</span>",
      unverified());
}

}  // namespace

std::string shown_client_name(std::string_view client_name) {
  std::string name = display_text(client_name, kNameCharactersMax);
  return name.empty() ? "An application without a name" : name;
}

Html who_asks(const SiteSettings& settings, const base::ClientId& client,
              std::string_view client_name) {
  // Without a name there is nothing to vouch for: the operator may have struck it out meanwhile.
  const std::string_view id = client_name.empty() ? std::string_view() : client.str();
  return html("<dt>Who asks</dt>\n<dd>{} {}</dd>\n", shown_client_name(client_name),
              claim(settings, id));
}

}  // namespace gatehouse::web
