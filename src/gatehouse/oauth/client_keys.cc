// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gatehouse/oauth/client_document.h"

namespace gatehouse::oauth {
namespace {

using std::chrono::seconds;

// Private parts of RSA, elliptic curve and symmetric keys (RFC 7518 section 6).
constexpr std::array<std::string_view, 8> kSecretKeyMembers = {"d",  "p",  "q",   "dp",
                                                               "dq", "qi", "oth", "k"};

Rejection fault(std::string description) {
  return {Reason::invalid_client_metadata, std::move(description)};
}

PublishedCopies<ClientKeySet>::Kind kind_of_keys() {
  PublishedCopies<ClientKeySet>::Kind kind;
  kind.log_name = "client key set";
  kind.told_outside = "the key set at the client's jwks_uri";
  kind.bytes_max = kClientKeysBytesMax;
  kind.read = [](const std::string&, std::string_view body) { return parse_client_keys(body); };
  return kind;
}

}  // namespace

bool holds_secret_keys(const base::JsonValue& jwks) {
  const auto keys = jwks.find("keys");
  if (!keys) return false;
  for (const base::JsonValue& key : keys->elements()) {
    for (const std::string_view member : kSecretKeyMembers) {
      if (key.find(member)) return true;
    }
  }
  return false;
}

Judged<ClientKeySet> parse_client_keys(std::string_view jwks) {
  return parse_published_keys(jwks, kClientKeysBytesMax);
}

Judged<ClientKeySet> parse_published_keys(std::string_view jwks, std::size_t bytes_max) {
  if (jwks.size() > bytes_max) {
    return fault("the JWK set is larger than " + std::to_string(bytes_max / 1024) + " KB");
  }
  base::JsonLimits limits;
  limits.depth_max = 8;
  const auto document = base::JsonDocument::parse(jwks, limits);
  if (!document || !document->root().is_object()) return fault("it is not a JWK set");
  if (holds_secret_keys(document->root())) {
    return fault("the JWK set holds a private or symmetric key");
  }
  auto keys = crypto::JwkSet::parse(jwks, crypto::KeyNames::optional);
  if (!keys) return fault("it is not a JWK set");
  if (keys->size() == 0) {
    return fault("the JWK set has no key for RS256 (RSA from 2048 bits) or ES256 (P-256)");
  }
  return std::make_shared<const crypto::JwkSet>(*std::move(keys));
}

ClientDocumentLimits client_keys_limits(ClientDocumentLimits limits) {
  limits.documents_max = std::min<std::size_t>(limits.documents_max, 100);
  limits.lifetime_max = std::min(limits.lifetime_max, seconds(3'600));
  limits.last_good_copy = std::min(limits.last_good_copy, seconds(3'600));
  return limits;
}

ClientKeys::ClientKeys(DocumentFetcher& fetcher, const base::Clock& clock, telemetry::Log& log,
                       ClientDocumentLimits limits)
    : published_(kind_of_keys(), fetcher, clock, log, limits) {}

base::Coroutine<Judged<ClientKeySet>> ClientKeys::find(const Client& client,
                                                       const telemetry::RequestTrace& trace) {
  if (!client.jwks.empty()) co_return parse_client_keys(client.jwks);
  const Rejection none{Reason::invalid_client,
                       "the client has no keys: leave client_assertion out, or name "
                       "private_key_jwt and jwks in its metadata"};
  if (client.jwks_uri.empty()) co_return none;
  const auto wrong = client_document_url_fault(client.jwks_uri);
  if (wrong) co_return document_refused("jwks_uri " + *wrong);
  const auto keys = co_await published_.find(client.jwks_uri, client.id.str(), trace);
  co_return keys;
}

bool ClientKeys::doubt(const Client& client) {
  return client.jwks.empty() && !client.jwks_uri.empty() && published_.doubt(client.jwks_uri);
}

}  // namespace gatehouse::oauth
