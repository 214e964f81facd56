// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/issuer_metadata.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/json.h"
#include "gatehouse/http/url.h"
#include "gatehouse/oauth/client_document.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kUrlBytesMax = 2048;

Rejection fault(std::string description) {
  return {Reason::client_document_refused, std::move(description)};
}

}  // namespace

std::optional<std::string> issuer_fault(std::string_view issuer) {
  if (issuer.size() > kUrlBytesMax) return "is longer than 2048 bytes";
  const auto url = http::parse_url(issuer);
  if (!url || (url->scheme != "https" && url->scheme != "http")) return "is no https URL";
  if (url->scheme == "http" && !http::is_loopback_host(url->host)) {
    return "must be https: plain http is for loopback only";
  }
  if (url->has_userinfo || url->has_query || url->has_fragment) {
    return "must have no user name, query or fragment";
  }
  return std::nullopt;
}

std::array<std::string, 2> issuer_metadata_urls(std::string_view issuer) {
  const auto url = http::parse_url(issuer);
  if (!url) return {};
  std::string path = url->path;
  if (path.ends_with('/')) path.pop_back();
  return {url->origin() + path + "/.well-known/openid-configuration",
          url->origin() + "/.well-known/oauth-authorization-server" + path};
}

bool is_same_origin(std::string_view one, std::string_view other) {
  const auto first = http::parse_url(one);
  const auto second = http::parse_url(other);
  return first && second && first->origin() == second->origin();
}

Judged<IssuerMetadata> parse_issuer_metadata(const std::string& url, std::string_view body) {
  if (body.size() > kIssuerMetadataBytesMax) return fault("it is larger than 64 KB");
  const auto document = base::JsonDocument::parse(body);
  if (!document || !document->root().is_object()) return fault("it is not a JSON object");
  const auto issuer = document->root().find_string("issuer");
  if (!issuer || issuer_fault(*issuer)) return fault("it names no issuer");
  const auto urls = issuer_metadata_urls(*issuer);
  if (std::find(urls.begin(), urls.end(), url) == urls.end()) {
    return fault("its issuer is not the one it was fetched from");
  }
  const auto keys = document->root().find_string("jwks_uri");
  if (!keys) return fault("it has no jwks_uri");
  if (!is_same_origin(*issuer, *keys)) {
    if (const auto wrong = client_document_url_fault(*keys)) return fault("jwks_uri " + *wrong);
  }
  IssuerMetadata metadata;
  metadata.issuer = std::string(*issuer);
  metadata.jwks_uri = std::string(*keys);
  return metadata;
}

}  // namespace gatehouse::oauth
