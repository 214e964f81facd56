// SPDX-License-Identifier: Apache-2.0
//
// What Google answers, or somebody on the way to it: token endpoint, discovery document, errors of
// its APIs. The input is a header value, then a body behind a line `--`.
#include "fuzzing.h"
#include "gatehouse/google/answer.h"
#include "gatehouse/http/url.h"
#include "gatehouse/identity/discovery.h"
#include "gatehouse/identity/token_answer.h"

namespace gatehouse::fuzzing {
namespace {

const base::SystemTime kNow = base::from_epoch_seconds(1'800'000'000);

void check_token_answer(std::string_view body) {
  using identity::TokenRequest;
  for (const int status : {200, 400}) {
    for (const TokenRequest request : {TokenRequest::code, TokenRequest::refresh}) {
      const auto answer = identity::read_token_answer(request, status, body, kNow);
      if (!answer) {
        assert(is_single_line(answer.error().detail) && answer.error().detail.size() < 300);
        continue;
      }
      assert(status == 200 && !answer->tokens.access_token.empty());
      assert(is_visible_ascii(answer->tokens.access_token.reveal()));
      assert(is_visible_ascii(answer->tokens.refresh_token.reveal()));
      assert(is_visible_ascii(answer->id_token.reveal()));
      assert(answer->tokens.access_expires > kNow);
      assert(answer->tokens.access_expires <= kNow + std::chrono::hours(24));
    }
  }
}

void check_endpoint(const std::string& endpoint, std::string_view host) {
  const auto url = http::parse_url(endpoint);
  assert(url && url->scheme == "https" && !url->has_userinfo);
  assert(url->host == host || url->host == "google.com" || url->host.ends_with(".google.com") ||
         url->host == "googleapis.com" || url->host.ends_with(".googleapis.com"));
}

void check_discovery(std::string_view body) {
  const auto google = identity::parse_discovery(body, "https://accounts.google.com");
  if (google) {
    for (const std::string& endpoint : {google->authorization, google->token, google->keys}) {
      check_endpoint(endpoint, "accounts.google.com");
    }
    if (!google->revocation.empty()) check_endpoint(google->revocation, "accounts.google.com");
  }
  const auto own = identity::parse_discovery(body, "https://id.acme.example");
  if (own) assert(http::parse_url(own->token)->host == "id.acme.example");
}

void check_error(std::string_view header, std::string_view body) {
  http::ClientResponse response;
  response.headers.push_back({"Retry-After", std::string(header)});
  response.body = base::Secret::copy_of(body);
  for (const int status : {400, 401, 403, 404, 429, 500}) {
    response.status = status;
    const google::Verdict verdict = google::judge(response, kNow);
    const std::string& message = verdict.error.message;
    assert(!message.empty() && message.size() < 400);
    assert(base::is_valid_utf8(message));
    assert(message.find_first_of("\r\n") == std::string::npos);
    const auto delay = verdict.error.retry_after;
    assert(!delay || (delay->count() >= 0 && delay->count() <= 24 * 3600));
  }
}

}  // namespace

void run(std::string_view input) {
  const std::string_view header = take_part(input);
  check_token_answer(input);
  check_discovery(input);
  check_error(header, input);
}

}  // namespace gatehouse::fuzzing
