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
enum class ClientAuthentication { none, secret_basic, secret_post };

std::string_view wire_name(ClientAuthentication method);
std::optional<ClientAuthentication> parse_client_authentication(std::string_view name);

// An application that registered or published itself. Nothing it says of itself has been verified.
struct Client {
  Client() {}
  base::ClientId id;
  std::string name;  // as sent: to be cleaned before it is shown
  std::vector<std::string> redirect_uris;
  ClientAuthentication authentication = ClientAuthentication::none;
  std::string secret_hash;  // base64url(SHA-256) of the secret; empty for public clients
  base::SystemTime registered_at{};
  base::SystemTime expires{};
  bool used = false;  // has been given tokens at least once
};

// The form in which a registration lies sealed. Reading refuses what writing does not make.
std::string client_to_json(const Client& client);
std::optional<Client> client_from_json(std::string_view json);

}  // namespace gatehouse::oauth
