// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_metadata.h"

#include <utility>

#include "gatehouse/http/url.h"
#include "gatehouse/oauth/redirect_uri.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kNameCharactersMax = 200;
constexpr std::size_t kRedirectUrisMax = 20;
constexpr std::size_t kListMax = 20;
constexpr std::size_t kTextBytesMax = 2048;
constexpr const char* kLinkMembers[] = {"client_uri", "logo_uri", "tos_uri", "policy_uri"};

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return count;
}

Judged<void> check_name(const base::JsonValue& root, ClientMetadata& metadata) {
  const auto name = optional_text(root, "client_name");
  if (!name) return name.error();
  if (count_characters(*name) > kNameCharactersMax) {
    return metadata_fault("client_name is longer than 200 characters");
  }
  metadata.name = *name;
  return {};
}

Judged<void> check_redirect_uris(const AuthorizationServerSettings& settings,
                                 const base::JsonValue& root, ClientMetadata& metadata) {
  const auto list = root.find("redirect_uris");
  if (!list || !list->is_array() || list->size() == 0) {
    return Rejection{Reason::invalid_redirect_uri, "redirect_uris must be a list of at least one"};
  }
  if (list->size() > kRedirectUrisMax) {
    return Rejection{Reason::invalid_redirect_uri, "redirect_uris has more than 20 entries"};
  }
  for (const base::JsonValue& element : list->elements()) {
    const auto uri = element.as_string();
    const auto fault =
        uri ? redirect_uri_fault(settings, *uri) : std::optional<std::string>("is not a string");
    if (fault) {
      const std::string which = std::to_string(metadata.redirect_uris.size());
      return Rejection{Reason::invalid_redirect_uri, "redirect_uris[" + which + "] " + *fault};
    }
    metadata.redirect_uris.emplace_back(*uri);
  }
  return {};
}

// Clients list grants of other servers too (a device grant, a JWT one); those are left out of the
// answer. The insecure ones are refused by name.
Judged<void> check_grant_types(const base::JsonValue& root) {
  const auto types = optional_list(root, "grant_types");
  if (!types) return types.error();
  if (!*types) return {};
  bool has_code = false;
  for (const std::string_view type : **types) {
    if (type == "implicit" || type == "password") {
      return metadata_fault("grant_types names a grant that is not supported");
    }
    has_code = has_code || type == "authorization_code";
  }
  if (!has_code) return metadata_fault("grant_types must include authorization_code");
  return {};
}

Judged<void> check_response_types(const base::JsonValue& root) {
  const auto types = optional_list(root, "response_types");
  if (!types) return types.error();
  if (!*types) return {};
  for (const std::string_view type : **types) {
    if (type != "code") return metadata_fault("response_types may only be code");
  }
  return {};
}

Judged<void> check_links(const base::JsonValue& root) {
  for (const char* member : kLinkMembers) {
    const auto link = optional_text(root, member);
    if (!link) return link.error();
    if (link->empty()) continue;
    const auto url = http::parse_url(*link);
    const bool is_web = url && (url->scheme == "https" || url->scheme == "http");
    if (!is_web || url->has_userinfo) {
      return metadata_fault(std::string(member) + " must be a web address");
    }
  }
  const auto keys = optional_text(root, "jwks_uri");
  if (!keys) return keys.error();
  const auto url = http::parse_url(*keys);
  if (!keys->empty() && (!url || url->scheme != "https" || url->has_userinfo)) {
    return metadata_fault("jwks_uri must be an https address");
  }
  return {};
}

}  // namespace

Rejection metadata_fault(std::string description) {
  return {Reason::invalid_client_metadata, std::move(description)};
}

Judged<std::string_view> optional_text(const base::JsonValue& root, const char* member) {
  const auto value = root.find(member);
  if (!value || value->is_null()) return std::string_view();
  const auto text = value->as_string();
  if (!text) return metadata_fault(std::string(member) + " must be a string");
  if (text->size() > kTextBytesMax) return metadata_fault(std::string(member) + " is too long");
  return *text;
}

Judged<std::optional<std::vector<std::string_view>>> optional_list(const base::JsonValue& root,
                                                                   const char* member) {
  const auto value = root.find(member);
  std::optional<std::vector<std::string_view>> list;
  if (!value || value->is_null()) return list;
  if (!value->is_array() || value->size() > kListMax) {
    return metadata_fault(std::string(member) + " must be a list of at most 20 strings");
  }
  list.emplace();
  for (const base::JsonValue& element : value->elements()) {
    const auto text = element.as_string();
    if (!text) return metadata_fault(std::string(member) + " must hold strings only");
    list->push_back(*text);
  }
  return list;
}

Judged<ClientMetadata> judge_client_metadata(const AuthorizationServerSettings& settings,
                                             const base::JsonValue& root) {
  ClientMetadata metadata;
  const auto redirects = check_redirect_uris(settings, root, metadata);
  if (!redirects) return redirects.error();
  const auto name = check_name(root, metadata);
  if (!name) return name.error();
  const auto grants = check_grant_types(root);
  if (!grants) return grants.error();
  const auto responses = check_response_types(root);
  if (!responses) return responses.error();
  const auto links = check_links(root);
  if (!links) return links.error();
  return metadata;
}

}  // namespace gatehouse::oauth
