// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_credentials.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/oauth/client_assertion.h"

namespace gatehouse::oauth {
namespace {

Rejection invalid_client(const char* description) { return {Reason::invalid_client, description}; }

// Section 2.3.1: both halves are form-encoded before they are joined.
std::optional<std::string> decode_half(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return base::percent_decode(spaced);
}

Judged<ClientCredentials> read_basic(std::string_view header) {
  const std::size_t space = header.find(' ');
  if (space == std::string_view::npos ||
      !base::equal_ignoring_case(header.substr(0, space), "basic")) {
    return invalid_client("the Authorization header is not of the Basic scheme");
  }
  auto decoded = base::base64_decode(base::trim(header.substr(space)));
  if (!decoded) return invalid_client("the Basic credentials cannot be read");
  const std::size_t colon = decoded->find(':');
  const std::string_view text = *decoded;
  const auto id = decode_half(text.substr(0, colon));
  auto secret = decode_half(colon == std::string::npos ? "" : text.substr(colon + 1));
  ClientCredentials credentials;
  if (secret) credentials.secret = base::Secret::copy_of(*secret);
  if (secret) base::wipe_memory(secret->data(), secret->size());
  base::wipe_memory(decoded->data(), decoded->size());
  if (colon == std::string::npos || !id || !secret) {
    return invalid_client("the Basic credentials cannot be read");
  }
  credentials.client_id = *id;
  credentials.has_secret = !credentials.secret.empty();
  return credentials;
}

bool has_assertion(const FormBody& form) {
  return form.value("client_assertion") || form.value("client_assertion_type");
}

// The client is whoever the assertion is about; `client_id` may repeat that (RFC 7521 section 4.2).
Judged<ClientCredentials> read_assertion(const FormBody& form) {
  if (form.value("client_assertion_type") != kClientAssertionType) {
    return Rejection{Reason::invalid_client,
                     "client_assertion_type must be " + std::string(kClientAssertionType)};
  }
  ClientCredentials credentials;
  credentials.assertion = form.secret("client_assertion");
  const auto head = read_assertion_head(credentials.assertion.reveal());
  if (!head || head->subject.empty()) {
    return invalid_client("client_assertion is no compact JWT with a sub");
  }
  if (form.value("client_id").value_or(head->subject) != head->subject) {
    return invalid_client("client_id differs from the sub of client_assertion");
  }
  credentials.client_id = head->subject;
  return credentials;
}

}  // namespace

Judged<ClientCredentials> presented_credentials(const http::Request& request,
                                                const FormBody& form) {
  const auto id = form.value("client_id");
  if (has_assertion(form)) {
    if (request.header_count("Authorization") > 0 || form.value("client_secret")) {
      return invalid_client("the client authenticates in two ways at once");
    }
    return read_assertion(form);
  }
  if (request.header_count("Authorization") == 0) {
    if (!id) return invalid_client("client_id is missing");
    ClientCredentials credentials;
    credentials.client_id = *id;
    credentials.secret = form.secret("client_secret");
    credentials.has_secret = !credentials.secret.empty();
    return credentials;
  }
  const auto header = request.header("Authorization");
  if (!header) return invalid_client("more than one Authorization header");
  if (form.value("client_secret")) {
    return invalid_client("the client authenticates in two ways at once");
  }
  auto credentials = read_basic(*header);
  if (credentials && id && *id != credentials->client_id) {
    return invalid_client("client_id differs from the Authorization header");
  }
  return credentials;
}

bool proves_client(const ClientCredentials& credentials, const Client& client) {
  if (client.authentication == ClientAuthentication::private_key_jwt) return false;
  if (client.authentication == ClientAuthentication::none) return !credentials.has_secret;
  if (!credentials.has_secret) return false;
  const crypto::Sha256 digest = crypto::sha256(credentials.secret.reveal());
  return base::equal_in_constant_time(base::base64url_encode(crypto::view(digest)),
                                      client.secret_hash);
}

}  // namespace gatehouse::oauth
