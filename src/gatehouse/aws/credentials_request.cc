// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/credentials_request.h"

#include "gatehouse/aws/backoff.h"

namespace gatehouse::aws {
namespace {

constexpr Backoff kBackoff{std::chrono::milliseconds(100), std::chrono::milliseconds(1'000)};

bool may_pass(const base::Result<http::ClientResponse>& response) {
  if (response) return response->status == 429 || response->status >= 500;
  const base::Errc code = response.error().code;
  return code == base::Errc::unavailable || code == base::Errc::timeout;
}

}  // namespace

CredentialedRequest::~CredentialedRequest() {
  for (http::Header& header : http.headers) {
    base::wipe_memory(header.value.data(), header.value.size());
  }
}

base::Task<http::ClientResponse> send_repeatedly(const CredentialsContext& context,
                                                 const CredentialedRequest& request,
                                                 int attempts_max) {
  for (int attempt = 1;; ++attempt) {
    auto response = co_await context.client.send(request.http);
    if (attempt >= attempts_max || !may_pass(response)) co_return response;
    const std::chrono::milliseconds delay = delay_after(attempt, kBackoff, context.random);
    co_await context.pause(delay);
  }
}

base::Error no_answer_from(const std::string& what, const base::Error& error) {
  const bool refused = error.code == base::Errc::invalid_argument;
  return base::Error{refused ? error.code : base::Errc::unavailable, what + ": " + error.detail};
}

}  // namespace gatehouse::aws
