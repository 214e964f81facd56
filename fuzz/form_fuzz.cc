// SPDX-License-Identifier: Apache-2.0
//
// Form fields, as a query or a body, and the request to authorize that they may be: what is
// accepted survives its seal, what is refused goes to a registered redirect URI only.
#include "fuzzing.h"
#include "gatehouse/http/response_head.h"
#include "gatehouse/http/secret_form.h"
#include "gatehouse/http/url.h"
#include "gatehouse/oauth/authorization_request.h"
#include "gatehouse/oauth/pkce.h"
#include "gatehouse/oauth/redirect_uri.h"

namespace gatehouse::fuzzing {
namespace {

using http::FormFields;

void check_round_trip(const FormFields& fields) {
  for (const auto& [name, value] : fields) {
    assert(base::is_valid_utf8(name) && base::is_valid_utf8(value));
    const auto single = http::single_field(fields, name);
    assert(single.has_value() == (http::field_count(fields, name) == 1));
  }
  const std::string text = http::encode_form(fields);
  const auto again = http::parse_form(text);
  assert(again && *again == fields);
  http::SecretForm secret;
  for (const auto& [name, value] : fields) secret.add(name, value);
  assert(secret.take().reveal() == text);
}

oauth::Client client() {
  oauth::Client client;
  client.id = base::ClientId("client-1");
  client.name = "A client";
  client.redirect_uris = {"https://app.example/back?from=gate", "http://127.0.0.1/back",
                          "com.example.app:/back"};
  return client;
}

// The one writer of heads ends the process when a value could add a field (T27).
void check_location(const std::string& location, const oauth::Client& client) {
  http::Response response;
  response.status = 302;
  response.with("Location", location);
  std::string head;
  http::append_head(head, response, {});
  const std::size_t query = location.find("error=");
  assert(query != std::string::npos);
  assert(oauth::redirect_uri_matches(client.redirect_uris, location.substr(0, query - 1)));
}

void check_accepted(const oauth::AuthorizationServerSettings& settings,
                    const oauth::AuthorizationRequest& request, const oauth::Client& client) {
  assert(request.client == client.id);
  assert(oauth::redirect_uri_matches(client.redirect_uris, request.redirect_uri));
  assert(oauth::is_code_challenge(request.code_challenge));
  assert(request.resource == settings.resource() && !request.scopes.empty());
  assert(oauth::contains_all(settings.scopes_supported, request.scopes));
  const std::string json = oauth::request_to_json(request);
  const auto again = oauth::request_from_json(json);
  assert(again && oauth::request_to_json(*again) == json && again->state == request.state);
}

void check_authorization(const FormFields& fields) {
  static const oauth::Client known = client();
  oauth::AuthorizationServerSettings settings;
  settings.public_url = "https://gate.example";
  const auto verdict = oauth::judge_authorization_request(settings, fields, known);
  if (const auto* const request = std::get_if<oauth::AuthorizationRequest>(&verdict)) {
    check_accepted(settings, *request, known);
  } else if (const auto* const refusal = std::get_if<oauth::RedirectRefusal>(&verdict)) {
    check_location(refusal->location, known);
  } else {
    assert(is_single_line(std::get<oauth::LocalRefusal>(verdict).description));
  }
}

}  // namespace

void run(std::string_view input) {
  const auto fields = http::parse_form(input);
  if (!fields) return;
  assert(fields->size() <= 64);
  check_round_trip(*fields);
  check_authorization(*fields);
}

}  // namespace gatehouse::fuzzing
