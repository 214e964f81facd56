// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/configured_clients.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/oauth/client_metadata.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kClientsMax = 200;
constexpr std::size_t kIdBytesMax = 100;
constexpr std::size_t kDigestBytes = 32;

base::Error wrong(std::string detail) {
  return base::Error{base::Errc::invalid_argument, std::move(detail)};
}

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._").find(c) != std::string_view::npos;
}

// Neither one that a registration gets nor an address, so that each name means one client.
bool is_free_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdBytesMax && !id.starts_with(kRegisteredIdPrefix) &&
         std::all_of(id.begin(), id.end(), is_id_character);
}

// The bytes that 64 hexadecimal digits stand for.
std::optional<std::string> digest_of(std::string_view digits) {
  if (digits.size() != 2 * kDigestBytes) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    const char* const end = digits.data() + i + 2;
    const auto [rest, error] = std::from_chars(digits.data() + i, end, value, 16);
    if (error != std::errc() || rest != end) return std::nullopt;
    bytes += static_cast<char>(value);
  }
  return bytes;
}

base::Result<void> take_secret(const base::JsonValue& root, Client& client) {
  const auto text = optional_text(root, "client_secret_sha256");
  if (!text) return wrong(text.error().description);
  if (root.find("client_secret")) {
    return wrong(
        "client_secret does not belong into a file. Write client_secret_sha256, which "
        "`printf %s SECRET | sha256sum` prints");
  }
  if (!uses_secret(client.authentication)) {
    if (text->empty()) return {};
    return wrong(
        "client_secret_sha256 needs a token_endpoint_auth_method of client_secret_basic or "
        "client_secret_post");
  }
  const std::optional<std::string> digest = digest_of(*text);
  if (!digest) {
    return wrong(
        "client_secret_sha256 must be 64 hexadecimal digits, which `printf %s SECRET | sha256sum` "
        "prints");
  }
  client.secret_hash = base::base64url_encode(*digest);
  return {};
}

base::Result<Client> take_client(const AuthorizationServerSettings& settings,
                                 const base::JsonValue& root) {
  if (!root.is_object()) return wrong("it is no JSON object");
  Client client;
  const auto id = root.find_string("client_id");
  if (!id || !is_free_id(*id)) {
    return wrong(
        "client_id must be 1 to 100 letters, digits, '-', '.' or '_', and not begin with " +
        std::string(kRegisteredIdPrefix));
  }
  client.id = base::ClientId(std::string(*id));
  auto metadata = judge_client_metadata(settings, root);
  if (!metadata) return wrong(metadata.error().description);
  const auto method = optional_text(root, "token_endpoint_auth_method");
  if (!method) return wrong(method.error().description);
  const auto known = parse_client_authentication(method->empty() ? "none" : *method);
  if (!known) {
    return wrong(
        "token_endpoint_auth_method must be none, client_secret_basic, client_secret_post or "
        "private_key_jwt");
  }
  metadata->authentication = *known;
  if (*known == ClientAuthentication::private_key_jwt) {
    const auto signing = check_signing(root, *metadata);
    if (!signing) return wrong(signing.error().description);
    if (metadata->jwks.empty()) return wrong("private_key_jwt needs jwks: write the keys there");
  }
  client.name = std::move(metadata->name);
  client.redirect_uris = std::move(metadata->redirect_uris);
  client.authentication = metadata->authentication;
  client.jwks = std::move(metadata->jwks);
  client.signing_algorithm = std::move(metadata->signing_algorithm);
  const auto secret = take_secret(root, client);
  if (!secret) return secret.error();
  return client;
}

}  // namespace

base::Result<std::vector<Client>> parse_configured_clients(
    const AuthorizationServerSettings& settings, std::string_view text) {
  if (text.size() > kConfiguredClientsBytesMax) return wrong("it is larger than 256 KB");
  base::JsonLimits limits;
  limits.depth_max = 8;
  const auto document = base::JsonDocument::parse(text, limits);
  if (!document) return wrong("it is no JSON: " + document.error().detail);
  if (!document->root().is_array()) return wrong("it must be a JSON list of clients");
  if (document->root().size() > kClientsMax) return wrong("it has more than 200 clients");
  std::vector<Client> clients;
  for (const base::JsonValue& element : document->root().elements()) {
    auto client = take_client(settings, element);
    if (!client) {
      return wrong("client " + std::to_string(clients.size() + 1) + ": " + client.error().detail);
    }
    const auto is_same = [&](const Client& other) { return other.id == client->id; };
    if (std::any_of(clients.begin(), clients.end(), is_same)) {
      return wrong("client " + std::to_string(clients.size() + 1) + ": client_id " +
                   client->id.str() + " is there twice");
    }
    clients.push_back(std::move(*client));
  }
  return clients;
}

}  // namespace gatehouse::oauth
