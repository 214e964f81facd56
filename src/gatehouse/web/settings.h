// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "gatehouse/oauth/scope.h"
#include "gatehouse/web/brand.h"

namespace gatehouse::web {

// What a trip to Google came to.
enum class SignInEnd {
  signed_in,
  refused,  // by us, by Google or by the person
  failed,   // Google, the store or the configuration stood in the way
};

// What the pages are told once, at start.
struct SiteSettings {
  SiteSettings() {}

  Brand brand;
  std::string public_url;       // origin without trailing slash
  std::string identity_origin;  // of Google's sign-in page: the consent form may lead there
  // What scopes of ours stand for at Google, beyond openid, email and profile; and which of them
  // will do something with what Google granted.
  std::function<oauth::Scopes(const oauth::Scopes& scopes)> google_scopes =
      [](const oauth::Scopes&) { return oauth::Scopes(); };
  std::function<oauth::Scopes(const oauth::Scopes& scopes, const oauth::Scopes& granted)>
      served_scopes = [](const oauth::Scopes& scopes, const oauth::Scopes&) { return scopes; };
  // Told of each sign-in that has come to its end.
  std::function<void(SignInEnd)> on_sign_in_end = [](SignInEnd) {};
  std::vector<std::string> allowed_domains;  // to name in texts; {"*"} names none
  std::chrono::seconds session_ttl{168 * 3600};
  std::size_t sign_ins_per_peer_and_hour = 600;
  std::size_t rate_limited_peers_max = 10'000;
  std::size_t trusted_proxies = 0;  // as in oauth::AuthorizationServerSettings

  std::string mcp_url() const { return public_url + "/mcp"; }
};

}  // namespace gatehouse::web
