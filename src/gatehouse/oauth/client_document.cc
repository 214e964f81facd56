// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_document.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/http/url.h"
#include "gatehouse/oauth/client_metadata.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kHostBytesMax = 253;
constexpr std::string_view kScheme = "https://";

// Private parts of RSA, elliptic curve and symmetric keys (RFC 7518 section 6).
constexpr std::array<std::string_view, 8> kSecretKeyMembers = {"d",  "p",  "q",   "dp",
                                                               "dq", "qi", "oth", "k"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "app.example": two labels or more, the last of them no number, as in every spelling of an
// address.
bool is_domain_name(std::string_view host) {
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host.size() > kHostBytesMax) return false;
  const std::string_view last = host.substr(dot + 1);
  return !last.empty() && !is_digit(last.front()) && !host.starts_with('[');
}

// Dots may be written as %2e (RFC 3986 section 6.2.2.2).
bool is_dot_segment(std::string_view segment) {
  const std::string lower = base::to_lower_ascii(segment);
  std::size_t dots = 0;
  for (std::string_view rest = lower; !rest.empty(); ++dots) {
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
    } else if (rest.starts_with("%2e")) {
      rest.remove_prefix(3);
    } else {
      return false;
    }
  }
  return dots == 1 || dots == 2;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (is_dot_segment(path.substr(0, end))) return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

bool holds_secret_keys(const base::JsonValue& root) {
  const auto jwks = root.find("jwks");
  const auto keys = jwks ? jwks->find("keys") : std::nullopt;
  if (!keys) return false;
  for (const base::JsonValue& key : keys->elements()) {
    for (const std::string_view member : kSecretKeyMembers) {
      if (key.find(member)) return true;
    }
  }
  return false;
}

Judged<void> check_secrets(const base::JsonValue& root) {
  if (root.find("client_secret") || root.find("client_secret_expires_at")) {
    return metadata_fault("a published document has no client_secret");
  }
  if (holds_secret_keys(root)) return metadata_fault("jwks holds a private or symmetric key");
  return {};
}

// Some clients can do more than one and name the one they prefer apart from all they offer (OpenID
// Connect RP Metadata Choices).
Judged<void> check_authentication(const base::JsonValue& root) {
  const auto preferred = optional_text(root, "token_endpoint_auth_method");
  if (!preferred) return preferred.error();
  const auto offered = optional_list(root, "token_endpoint_auth_methods_supported");
  if (!offered) return offered.error();
  std::vector<std::string_view> methods = offered->value_or(std::vector<std::string_view>());
  if (!preferred->empty()) methods.push_back(*preferred);
  for (const std::string_view method : methods) {
    if (method.starts_with("client_secret_")) {
      return metadata_fault("a published document cannot name an authentication by secret");
    }
  }
  if (methods.empty() || std::ranges::find(methods, "none") != methods.end()) return {};
  return metadata_fault(
      "token_endpoint_auth_method must be none, or none be among those supported: "
      "private_key_jwt is not supported here");
}

}  // namespace

bool names_client_document(std::string_view client_id) { return client_id.starts_with(kScheme); }

std::optional<std::string> client_document_url_fault(std::string_view text) {
  if (text.size() > kUrlBytesMax) return "is longer than 2048 bytes";
  const auto url = http::parse_url(text);
  if (!url || url->scheme != "https") return "is not an https URL";
  if (url->has_userinfo) return "has user information";
  if (url->has_fragment) return "has a fragment";
  if (!url->port.empty() && url->port != "443") return "has a port other than 443";
  if (url->path.empty() || url->path == "/") return "has no path";
  if (has_dot_segment(url->path)) return "has a dot segment";
  if (!is_domain_name(url->host)) return "has a host that is not a domain name";
  return std::nullopt;
}

std::string client_document_host(std::string_view client_id) {
  if (!names_client_document(client_id)) return {};
  const auto url = http::parse_url(client_id);
  return url ? url->host : std::string();
}

Judged<Client> parse_client_document(const AuthorizationServerSettings& settings,
                                     const std::string& url, std::string_view body) {
  if (body.size() > kClientDocumentBytesMax) return metadata_fault("it is larger than 5 KB");
  base::JsonLimits limits;
  limits.depth_max = 8;
  const auto document = base::JsonDocument::parse(body, limits);
  if (!document || !document->root().is_object()) return metadata_fault("it is not a JSON object");
  const base::JsonValue root = document->root();
  if (root.find_string("client_id") != url) {
    return metadata_fault("its client_id is not the URL it was fetched from");
  }
  const auto secrets = check_secrets(root);
  if (!secrets) return secrets.error();
  const auto authentication = check_authentication(root);
  if (!authentication) return authentication.error();
  auto metadata = judge_client_metadata(settings, root);
  if (!metadata) return metadata.error();
  if (metadata->name.empty()) return metadata_fault("client_name is missing");
  Client client;
  client.id = base::ClientId(url);
  client.name = std::move(metadata->name);
  client.redirect_uris = std::move(metadata->redirect_uris);
  return client;
}

}  // namespace gatehouse::oauth
