// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "gatehouse/oauth/client.h"

namespace gatehouse::oauth {

// What the authorization server is told once, at start. Every URL it ever names is made from
// `public_url`, never from a request.
struct AuthorizationServerSettings {
  AuthorizationServerSettings() {}

  std::string public_url;  // the issuer: an origin without path and without trailing slash
  std::vector<std::string> scopes_supported{"workspace.read", "workspace.write"};
  // Named in challenges, and granted to clients that ask for no scope.
  std::vector<std::string> default_scopes{"workspace.read"};
  std::string resource_name = "Gatehouse";

  // Redirect targets of apps whose scheme is no reverse domain name: the URI must begin with one of
  // these.
  std::vector<std::string> app_redirect_prefixes{"cursor://anysphere.cursor-mcp/"};

  std::vector<Client> clients;  // those that the operator wrote down (configured_clients.h)
  // Identity providers whose assertions about people are taken (docs/decisions/0009), spelled as in
  // their metadata; empty: the grant is not offered.
  std::vector<std::string> enterprise_issuers;
  std::chrono::seconds client_lifetime{90 * 24 * 3600};
  std::chrono::seconds unused_client_lifetime{7 * 24 * 3600};
  // One address stands for many people: hosted clients register from a few of their own, some of
  // them twice per connection, and a company's people share one or, behind a proxy, all of them.
  std::size_t registrations_per_peer_and_hour = 300;
  std::size_t rate_limited_peers_max = 10'000;
  // How many proxies of ours stand in front and append to X-Forwarded-For. 0: the TCP peer counts.
  std::size_t trusted_proxies = 0;

  const std::string& issuer() const { return public_url; }
  std::string token_endpoint() const { return public_url + "/token"; }
  // The one audience of every token, whichever transport it is used on.
  std::string resource() const { return public_url + "/mcp"; }
};

}  // namespace gatehouse::oauth
