// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/resource.h"

#include "gatehouse/http/url.h"

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kResourceBytesMax = 2048;

bool has_default_port(const http::Url& url) {
  return (url.scheme == "https" && url.port == "443") || (url.scheme == "http" && url.port == "80");
}

std::optional<std::string> normal_form(std::string_view text) {
  if (text.size() > kResourceBytesMax) return std::nullopt;
  auto url = http::parse_url(text);
  if (!url || url->has_userinfo || url->has_query || url->has_fragment) return std::nullopt;
  if (has_default_port(*url)) url->port.clear();
  if (url->path.ends_with('/')) url->path.pop_back();
  return url->origin() + url->path;
}

}  // namespace

std::optional<std::string> canonical_resource(const AuthorizationServerSettings& settings,
                                              std::string_view text) {
  const auto given = normal_form(text);
  const auto ours = normal_form(settings.public_url);
  if (!given || !ours) return std::nullopt;
  if (*given != *ours && *given != *ours + "/mcp" && *given != *ours + "/sse") return std::nullopt;
  return settings.resource();
}

}  // namespace gatehouse::oauth
