// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client.h"

#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::oauth {

std::string_view wire_name(ClientAuthentication method) {
  switch (method) {
    case ClientAuthentication::none:
      return "none";
    case ClientAuthentication::secret_basic:
      return "client_secret_basic";
    case ClientAuthentication::secret_post:
      return "client_secret_post";
    case ClientAuthentication::private_key_jwt:
      return "private_key_jwt";
  }
  return "none";
}

std::optional<ClientAuthentication> parse_client_authentication(std::string_view name) {
  for (const auto method :
       {ClientAuthentication::none, ClientAuthentication::secret_basic,
        ClientAuthentication::secret_post, ClientAuthentication::private_key_jwt}) {
    if (wire_name(method) == name) return method;
  }
  return std::nullopt;
}

bool uses_secret(ClientAuthentication method) {
  return method == ClientAuthentication::secret_basic ||
         method == ClientAuthentication::secret_post;
}

std::string client_to_json(const Client& client) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.member("id", client.id.str());
  json.member("name", client.name);
  json.key("redirect_uris").begin_array();
  for (const std::string& uri : client.redirect_uris) json.value(uri);
  json.end_array();
  json.member("authentication", wire_name(client.authentication));
  json.member("secret_hash", client.secret_hash);
  if (!client.jwks.empty()) json.member("jwks", client.jwks);
  if (!client.signing_algorithm.empty()) json.member("signing_alg", client.signing_algorithm);
  json.member("registered_at", base::epoch_seconds(client.registered_at));
  json.member("expires", base::epoch_seconds(client.expires));
  json.member("used", client.used);
  json.end_object();
  return out;
}

std::optional<Client> client_from_json(std::string_view text) {
  const auto document = base::JsonDocument::parse(text);
  if (!document) return std::nullopt;
  const base::JsonValue root = document->root();
  const auto id = root.find_string("id");
  const auto name = root.find_string("name");
  const auto uris = root.find("redirect_uris");
  const auto method = parse_client_authentication(root.find_string("authentication").value_or(""));
  const auto secret_hash = root.find_string("secret_hash");
  const auto jwks = root.find_string("jwks").value_or("");
  const auto registered_at = root.find_integer("registered_at");
  const auto expires = root.find_integer("expires");
  const auto used = root.find_bool("used");
  if (!id || !name || !uris || !method || !secret_hash || !registered_at || !expires || !used) {
    return std::nullopt;
  }
  if (method == ClientAuthentication::private_key_jwt && jwks.empty()) return std::nullopt;
  Client client;
  client.id = base::ClientId(std::string(*id));
  client.name = *name;
  for (const base::JsonValue& uri : uris->elements()) {
    client.redirect_uris.emplace_back(uri.as_string().value_or(""));
  }
  client.authentication = *method;
  client.secret_hash = *secret_hash;
  client.jwks = jwks;
  client.signing_algorithm = root.find_string("signing_alg").value_or("");
  client.registered_at = base::from_epoch_seconds(*registered_at);
  client.expires = base::from_epoch_seconds(*expires);
  client.used = *used;
  return client;
}

}  // namespace gatehouse::oauth
