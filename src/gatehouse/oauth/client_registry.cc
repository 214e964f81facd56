// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_registry.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/oauth/client_document.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kSecretBytes = 32;

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Keeps text that could not be one of our identifiers away from the store.
bool is_client_id(std::string_view text) {
  return text.starts_with(kRegisteredIdPrefix) && text.size() == kRegisteredIdPrefix.size() + 22 &&
         std::all_of(text.begin(), text.end(), is_id_character);
}

std::string record_key(std::string_view client_id) { return "CLIENT#" + std::string(client_id); }

base::Coroutine<Judged<Client>> known(const Client& client) { co_return client; }

base::Secret content_of(const Client& client) {
  return base::Secret::copy_of(client_to_json(client));
}

}  // namespace

ClientRegistry::ClientRegistry(const AuthorizationServerSettings& settings,
                               vault::RecordVault& records, ClientDocuments& documents,
                               const base::Clock& clock, base::Random& random, telemetry::Log& log)
    : settings_(settings),
      records_(records),
      documents_(documents),
      clock_(clock),
      random_(random),
      log_(log) {}

vault::VaultTask<ClientRegistry::Registered> ClientRegistry::add(const ClientMetadata& metadata) {
  Registered registered;
  Client& client = registered.client;
  client.id = base::ClientId(std::string(kRegisteredIdPrefix) + random_.token(kIdBytes));
  client.name = metadata.name;
  client.redirect_uris = metadata.redirect_uris;
  client.authentication = metadata.authentication;
  client.jwks = metadata.jwks;
  client.signing_algorithm = metadata.signing_algorithm;
  client.registered_at = clock_.now();
  client.expires = client.registered_at + settings_.unused_client_lifetime;
  if (uses_secret(client.authentication)) {
    const base::Secret bytes = random_.secret(kSecretBytes);
    registered.secret = base::base64url_encode_secret(bytes.reveal());
    const crypto::Sha256 digest = crypto::sha256(registered.secret.reveal());
    client.secret_hash = base::base64url_encode(crypto::view(digest));
  }
  const std::string key = record_key(client.id.str());
  const base::Secret content = content_of(client);
  const base::Secret no_holder;
  const auto created = co_await records_.create(key, content, client.expires, no_holder);
  if (!created) co_return created.error();
  co_return std::move(registered);
}

base::Coroutine<Judged<Client>> ClientRegistry::find(std::string_view client_id,
                                                     const telemetry::RequestTrace& trace) {
  if (const Client* const configured = find_configured(client_id)) return known(*configured);
  if (names_client_document(client_id)) return documents_.find(std::string(client_id), trace);
  return find_registered(client_id, trace);
}

const Client* ClientRegistry::find_configured(std::string_view client_id) const {
  for (const Client& client : settings_.clients) {
    if (client.id.str() == client_id) return &client;
  }
  return nullptr;
}

base::Coroutine<Judged<Client>> ClientRegistry::find_registered(
    std::string_view client_id, const telemetry::RequestTrace& trace) {
  const Rejection unknown{Reason::invalid_client, "this client is not registered here"};
  const Rejection unavailable{Reason::temporarily_unavailable,
                              "the client cannot be looked up now"};
  if (!is_client_id(client_id)) co_return unknown;
  const std::string key = record_key(client_id);
  const base::Secret no_holder;
  const auto opened = co_await records_.open(key, no_holder);
  if (!opened) {
    if (opened.error().code == vault::Refused::unavailable) co_return unavailable;
    if (opened.error().code == vault::Refused::tampered) {
      telemetry::TracedLog(log_, trace)
          .error("client record does not open",
                 {{telemetry::Field::client, client_id},
                  {telemetry::Field::detail, std::string_view(opened.error().detail)}});
    }
    co_return unknown;
  }
  auto client = client_from_json(opened->content.reveal());
  if (!client || client->id.str() != client_id || client->expires <= clock_.now()) {
    co_return unknown;
  }
  co_return std::move(*client);
}

base::Coroutine<void> ClientRegistry::note_use(const Client& client,
                                               const telemetry::RequestTrace& trace) {
  if (!client.id.str().starts_with(kRegisteredIdPrefix)) co_return;
  const base::SystemTime now = clock_.now();
  if (client.used && client.expires - now > settings_.client_lifetime / 2) co_return;
  const std::string key = record_key(client.id.str());
  const base::Secret no_holder;
  const auto opened = co_await records_.open(key, no_holder);
  if (!opened) co_return;
  Client renewed = client;
  renewed.used = true;
  renewed.expires = now + settings_.client_lifetime;
  const base::Secret content = content_of(renewed);
  const auto saved = co_await records_.replace(*opened, content, renewed.expires, no_holder);
  if (!saved && saved.error().code != vault::Refused::replayed) {
    telemetry::TracedLog(log_, trace)
        .warn("client registration not renewed",
              {{telemetry::Field::client, std::string_view(client.id.str())},
               {telemetry::Field::detail, std::string_view(saved.error().detail)}});
  }
}

}  // namespace gatehouse::oauth
