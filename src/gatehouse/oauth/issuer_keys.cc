// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/issuer_keys.h"

#include <utility>

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kIssuerKeysBytesMax = 64 * 1024;

const std::string kNoClient;

// For the operator, whom nothing is hidden from.
Rejection of_document(const std::string& url, Rejection rejection) {
  rejection.description = url + ": " + rejection.description;
  return rejection;
}

PublishedCopies<IssuerMetadata>::Kind kind_of_metadata() {
  PublishedCopies<IssuerMetadata>::Kind kind;
  kind.log_name = "identity provider metadata";
  kind.bytes_max = kIssuerMetadataBytesMax;
  kind.read = &parse_issuer_metadata;
  return kind;
}

// Providers have more keys than clients and say more about each, such as its certificate.
PublishedCopies<ClientKeySet>::Kind kind_of_keys() {
  PublishedCopies<ClientKeySet>::Kind kind;
  kind.log_name = "identity provider key set";
  kind.bytes_max = kIssuerKeysBytesMax;
  kind.read = [](const std::string&, std::string_view body) {
    return parse_published_keys(body, kIssuerKeysBytesMax);
  };
  return kind;
}

}  // namespace

IssuerKeys::IssuerKeys(http::Client& named, DocumentFetcher& guarded, const base::Clock& clock,
                       telemetry::Log& log, ClientDocumentLimits limits)
    : named_(named, clock),
      metadata_(kind_of_metadata(), named_, clock, log, limits),
      own_keys_(kind_of_keys(), named_, clock, log, limits),
      keys_elsewhere_(kind_of_keys(), guarded, clock, log, limits) {}

base::Coroutine<Judged<ClientKeySet>> IssuerKeys::find(const std::string& issuer,
                                                       const telemetry::RequestTrace& trace) {
  const auto metadata = co_await metadata_of(issuer, trace);
  if (!metadata) co_return metadata.error();
  known_[issuer] = *metadata;
  PublishedCopies<ClientKeySet>& copies = copies_for(*metadata);
  const auto keys = co_await copies.find(metadata->jwks_uri, kNoClient, trace);
  if (!keys) co_return of_document(metadata->jwks_uri, keys.error());
  co_return keys;
}

bool IssuerKeys::doubt(const std::string& issuer) {
  const auto known = known_.find(issuer);
  return known != known_.end() && copies_for(known->second).doubt(known->second.jwks_uri);
}

// Where it was found before, else at both addresses. One that the provider refuses to serve is not
// asked again for as long as the other has it.
base::Coroutine<Judged<IssuerMetadata>> IssuerKeys::metadata_of(
    const std::string& issuer, const telemetry::RequestTrace& trace) {
  const auto urls = issuer_metadata_urls(issuer);
  const auto remembered = metadata_urls_.find(issuer);
  const std::string first = remembered != metadata_urls_.end() ? remembered->second : urls[0];
  const std::string second = first == urls[0] ? urls[1] : urls[0];
  std::string url = first;
  auto metadata = co_await metadata_.find(url, kNoClient, trace);
  if (!metadata && metadata.error().reason == Reason::client_document_refused) {
    const Rejection at_first = of_document(first, metadata.error());
    url = second;
    metadata = co_await metadata_.find(url, kNoClient, trace);
    if (!metadata) co_return at_first;
  }
  if (!metadata) co_return of_document(url, metadata.error());
  if (metadata->issuer != issuer) {
    co_return of_document(url, document_refused("it spells the issuer " + metadata->issuer));
  }
  metadata_urls_[issuer] = std::move(url);
  co_return metadata;
}

PublishedCopies<ClientKeySet>& IssuerKeys::copies_for(const IssuerMetadata& metadata) {
  return is_same_origin(metadata.issuer, metadata.jwks_uri) ? own_keys_ : keys_elsewhere_;
}

}  // namespace gatehouse::oauth
