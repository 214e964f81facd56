// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/discovery.h"

#include <optional>

#include "gatehouse/base/json.h"
#include "gatehouse/http/url.h"

namespace gatehouse::identity {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kUrlBytesMax = 1024;
constexpr std::string_view kGoogleHost = "accounts.google.com";
constexpr std::string_view kGoogleApiSuffix = ".googleapis.com";

bool is_host_of(const http::Url& issuer, const http::Url& endpoint) {
  if (endpoint.host == issuer.host) return true;
  return issuer.host == kGoogleHost && endpoint.host.ends_with(kGoogleApiSuffix);
}

bool is_secure(const http::Url& url) {
  return url.scheme == "https" || (url.scheme == "http" && http::is_loopback_host(url.host));
}

bool is_endpoint_of(const http::Url& issuer, std::string_view text) {
  if (text.size() > kUrlBytesMax) return false;
  const auto url = http::parse_url(text);
  return url && !url->has_userinfo && !url->has_fragment && is_secure(*url) &&
         is_host_of(issuer, *url);
}

Error refused(std::string_view why) {
  return Error{Errc::unavailable, "discovery document refused: " + std::string(why)};
}

}  // namespace

bool is_endpoint_of(std::string_view issuer, std::string_view endpoint) {
  const auto url = http::parse_url(issuer);
  return url && is_endpoint_of(*url, endpoint);
}

std::string discovery_url(std::string_view issuer) {
  while (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + "/.well-known/openid-configuration";
}

base::Result<Endpoints> parse_discovery(std::string_view json, std::string_view issuer) {
  const auto issuer_url = http::parse_url(issuer);
  if (!issuer_url || !is_secure(*issuer_url))
    return refused("the configured issuer is no https URL");
  const auto document = base::JsonDocument::parse(json);
  if (!document) return refused(document.error().detail);
  const auto root = document->root();
  if (root.find_string("issuer") != issuer) return refused("it is another issuer's");

  const auto endpoint = [&](std::string_view name) -> std::optional<std::string> {
    const auto text = root.find_string(name);
    if (!text || !is_endpoint_of(*issuer_url, *text)) return std::nullopt;
    return std::string(*text);
  };
  const auto authorization = endpoint("authorization_endpoint");
  if (!authorization) return refused("authorization_endpoint");
  const auto token = endpoint("token_endpoint");
  if (!token) return refused("token_endpoint");
  const auto keys = endpoint("jwks_uri");
  if (!keys) return refused("jwks_uri");
  const auto revocation = endpoint("revocation_endpoint");
  if (!revocation && root.find("revocation_endpoint")) return refused("revocation_endpoint");
  return Endpoints{*authorization, *token, *keys, revocation.value_or("")};
}

}  // namespace gatehouse::identity
