// SPDX-License-Identifier: Apache-2.0
//
// What an unknown application may say about itself when it registers (RFC 7591) or publishes
// itself: everything that is kept has been judged, and lies sealed in a form that reads back.
#include "fuzzing.h"
#include "gatehouse/base/json.h"
#include "gatehouse/http/response_head.h"
#include "gatehouse/oauth/authorization_response.h"
#include "gatehouse/oauth/client_document.h"
#include "gatehouse/oauth/redirect_uri.h"
#include "gatehouse/oauth/registration.h"
#include "gatehouse/web/display_text.h"
#include "gatehouse/web/html.h"

namespace gatehouse::fuzzing {
namespace {

oauth::AuthorizationServerSettings settings() {
  oauth::AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  return settings;
}

void check_kept(const oauth::ClientMetadata& metadata) {
  oauth::Client client;
  client.id = base::ClientId("client-1");
  client.name = metadata.name;
  client.redirect_uris = metadata.redirect_uris;
  client.authentication = metadata.authentication;
  client.expires = base::from_epoch_seconds(1'800'000'000);
  const std::string json = oauth::client_to_json(client);
  const auto again = oauth::client_from_json(json);
  assert(again && again->name == client.name && again->redirect_uris == client.redirect_uris);
  assert(again->authentication == client.authentication && oauth::client_to_json(*again) == json);
  const base::Secret secret = base::Secret::copy_of("secret");
  assert(base::JsonDocument::parse(oauth::registration_answer(client, secret)));
}

// The one writer of heads ends the process when a value could add a field (T27).
void check_redirect(const std::string& uri) {
  http::Response response;
  response.status = 302;
  response.with("Location", oauth::error_location(uri, "state", "https://gate.example",
                                                  {oauth::Reason::access_denied, "no"}));
  std::string head;
  http::append_head(head, response, {});
}

// As the consent page shows it.
void check_shown(const std::string& name) {
  const std::string shown = web::display_text(name, 60);
  assert(is_single_line(shown) && shown.size() <= 61 * 4);
  const std::string markup = web::Html::text(shown).str();
  assert(markup.find_first_of("<>\"") == std::string::npos);
}

void check_document(const oauth::AuthorizationServerSettings& known, std::string_view input) {
  const std::string url = "https://app.example/client.json";
  const auto client = oauth::parse_client_document(known, url, input);
  if (!client) {
    for (const char c : client.error().description) assert(c >= 0x20 && c < 0x7f);
    return;
  }
  assert(client->id.str() == url && !client->name.empty() && !client->redirect_uris.empty());
  assert(client->authentication == oauth::ClientAuthentication::none);
  for (const std::string& uri : client->redirect_uris) check_redirect(uri);
  check_shown(client->name);
}

}  // namespace

void run(std::string_view input) {
  static const oauth::AuthorizationServerSettings known = settings();
  check_document(known, input);
  const auto metadata = oauth::parse_registration(known, input);
  if (!metadata) {
    for (const char c : metadata.error().description) assert(c >= 0x20 && c < 0x7f);
    return;
  }
  assert(!metadata->redirect_uris.empty() && metadata->redirect_uris.size() <= 20);
  for (const std::string& uri : metadata->redirect_uris) {
    assert(!oauth::redirect_uri_fault(known, uri));
    check_redirect(uri);
  }
  assert(base::is_valid_utf8(metadata->name) && metadata->name.size() <= 800);
  check_kept(*metadata);
  check_shown(metadata->name);
}

}  // namespace gatehouse::fuzzing
