// SPDX-License-Identifier: Apache-2.0
//
// Header fields that we read: Accept, Content-Type, the encoded headers of MCP, cookies, and the
// credentials of OAuth clients. The input is header lines, then a body behind a line `--`.
#include "gatehouse/base/random.h"
#include "gatehouse/http/cookie.h"
#include "gatehouse/http/media_type.h"
#include "gatehouse/mcp/request_rules.h"
#include "gatehouse/oauth/client_credentials.h"
#include "gatehouse/oauth/form_body.h"
#include "gatehouse/web/form_post.h"
#include "gatehouse/web/shared_cookie.h"
#include "header_lines.h"

namespace gatehouse::fuzzing {
namespace {

using http::HeaderView;
using http::Request;

// RFC 9110 section 5.3: several fields of a list mean their values joined by commas.
void check_accept(const HeaderLines& lines) {
  const mcp::Accepted accepted = mcp::accepted_types(lines.request());
  std::string joined;
  bool present = false;
  for (const HeaderView& field : lines.fields()) {
    if (!base::equal_ignoring_case(field.name, "accept")) continue;
    if (present) joined += ", ";
    joined += field.value;
    present = true;
  }
  assert(present || (accepted.json && accepted.anything && !accepted.events));
  assert(!accepted.anything || accepted.json);
  if (!present) return;
  const HeaderView single{"Accept", joined};
  Request request;
  request.headers = {&single, 1};
  const mcp::Accepted again = mcp::accepted_types(request);
  assert(again.json == accepted.json && again.events == accepted.events);
  assert(again.anything == accepted.anything);
}

void check_content_type(const Request& request) {
  if (!http::has_body_of_type(request, "application/json")) return;
  assert(request.header_count("content-type") == 1);
  assert(
      base::equal_ignoring_case(request.header("content-type")->substr(0, 16), "application/json"));
}

void check_encoded_value(std::string_view value) {
  const auto decoded = mcp::decoded_header_value(value);
  if (decoded && *decoded != value) assert(base::is_valid_utf8(*decoded));
  const std::string encoded = "=?base64?" + base::base64_encode(value) + "?=";
  const auto back = mcp::decoded_header_value(encoded);
  assert(back.has_value() == base::is_valid_utf8(value));
  assert(!back || *back == value);
}

void check_cookie(const HeaderLines& lines, bool secure) {
  const http::CookiePolicy policy(secure);
  const auto value = policy.read(lines.request(), "session");
  if (!value) return;
  const std::string set = policy.set("session", *value, std::chrono::seconds(60));
  const std::string pair = set.substr(0, set.find(';'));
  const HeaderView returned{"Cookie", pair};
  Request request;
  request.headers = {&returned, 1};
  assert(policy.read(request, "session") == value);
}

void check_shared_cookie(const Request& request) {
  static base::SeededRandom random(1);
  static const http::CookiePolicy policy(true);
  static const web::SharedCookie cookie(policy, "session", std::chrono::seconds(60), random);
  const auto held = cookie.read(request);
  if (!held) return;
  assert(held->open >= 0);
  assert(held->secret.size() == 43 && base::base64url_decode(held->secret.reveal()));
  http::Response response;
  cookie.add_tab(response, *held);
  cookie.drop_tab(response, *held);
  assert(response.headers.size() == 2);
}

void check_credentials(const Request& request) {
  const auto form = oauth::FormBody::read(request);
  if (!form) return;
  const auto credentials = oauth::presented_credentials(request, *form);
  if (!credentials) return;
  assert(credentials->has_secret == !credentials->secret.empty());
  const auto id = form->value("client_id");
  assert(!id || *id == credentials->client_id);
}

}  // namespace

void run(std::string_view input) {
  const HeaderLines lines(take_part(input));
  const Request request = lines.request(input);
  check_accept(lines);
  check_content_type(request);
  for (const HeaderView& field : lines.fields()) check_encoded_value(field.value);
  check_cookie(lines, true);
  check_cookie(lines, false);
  check_shared_cookie(request);
  check_credentials(request);
  (void)web::is_from_our_page(request, "https://gate.example");
  (void)web::is_prefetch(request);
  (void)web::wants_json(request);
  const auto fields = web::posted_fields(request);
  if (fields) assert(request.body.size() <= 32 * 1024);
}

}  // namespace gatehouse::fuzzing
