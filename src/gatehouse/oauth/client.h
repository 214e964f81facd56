// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"

namespace gatehouse::oauth {

// RFC 7591 section 2, `token_endpoint_auth_method`.
enum class ClientAuthentication { none, secret_basic, secret_post, private_key_jwt };

std::string_view wire_name(ClientAuthentication method);
std::optional<ClientAuthentication> parse_client_authentication(std::string_view name);
bool uses_secret(ClientAuthentication method);

// What the ids of registered clients begin with, and no others.
inline constexpr std::string_view kRegisteredIdPrefix = "gth_app_";

// An application that registered or published itself, whose words nobody has verified, or one that
// the operator wrote down.
struct Client {
  Client() {}
  base::ClientId id;
  std::string name;  // as sent: to be cleaned before it is shown
  std::vector<std::string> redirect_uris;
  ClientAuthentication authentication = ClientAuthentication::none;
  std::string secret_hash;  // base64url(SHA-256) of the secret; empty for clients without one
  // Of clients that sign (RFC 7523), one of the two; also of public ones that may sign.
  std::string jwks;               // the keys themselves, a JWK set
  std::string jwks_uri;           // where they are published
  std::string signing_algorithm;  // the one it uses; empty for any
  base::SystemTime registered_at{};
  base::SystemTime expires{};  // of a registration
  bool used = false;           // has been given tokens at least once
};

// The form in which a registration lies sealed. Reading refuses what writing does not make.
std::string client_to_json(const Client& client);
std::optional<Client> client_from_json(std::string_view json);

}  // namespace gatehouse::oauth
