// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/json.h"
#include "gatehouse/crypto/jwt.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/published_copies.h"
#include "gatehouse/oauth/rejection.h"

namespace gatehouse::oauth {

constexpr std::size_t kClientKeysBytesMax = 32 * 1024;

using ClientKeySet = std::shared_ptr<const crypto::JwkSet>;

// The keys with which a client signs (RFC 7517): public ones only, at least one of them for RS256
// or ES256. What is wrong with the set is the description.
Judged<ClientKeySet> parse_client_keys(std::string_view jwks);

// The same of anybody whose keys are published, in at most `bytes_max`, whole KB.
Judged<ClientKeySet> parse_published_keys(std::string_view jwks, std::size_t bytes_max);

// Whether a JWK set holds a private or symmetric key, which proves nobody once it is public.
bool holds_secret_keys(const base::JsonValue& jwks);

// Keys change when a client's were stolen, so copies of them are kept for an hour at most.
ClientDocumentLimits client_keys_limits(ClientDocumentLimits limits = {});

// The keys of every client that signs: those it registered, and those behind its jwks_uri. Nothing
// is fetched before a client presents something signed.
class ClientKeys {
 public:
  ClientKeys(DocumentFetcher& fetcher, const base::Clock& clock, telemetry::Log& log,
             ClientDocumentLimits limits = client_keys_limits());

  // Reason::invalid_client when it has none; else as PublishedCopies::find().
  base::Coroutine<Judged<ClientKeySet>> find(const Client& client,
                                             const telemetry::RequestTrace& trace);

  // Whether the client may have published other keys meanwhile; the next find() asks its host.
  bool doubt(const Client& client);

 private:
  PublishedCopies<ClientKeySet> published_;
};

}  // namespace gatehouse::oauth
