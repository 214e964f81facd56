// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/identity/scope_names.h"

#include <algorithm>

namespace gatehouse::identity {
namespace {

constexpr std::string_view kPrefix = "https://www.googleapis.com/auth/";
constexpr std::string_view kMailUrl = "https://mail.google.com/";
constexpr std::string_view kMailName = "mail.google.com";
constexpr std::size_t kScopesMax = 64;

bool is_openid_scope(std::string_view name) {
  return name == "openid" || name == "email" || name == "profile";
}

}  // namespace

std::string google_scope_url(std::string_view short_name) {
  if (is_openid_scope(short_name) || short_name.find("://") != std::string_view::npos) {
    return std::string(short_name);
  }
  if (short_name == kMailName) return std::string(kMailUrl);
  return std::string(kPrefix) + std::string(short_name);
}

std::string short_scope_name(std::string_view scope) {
  if (scope == kMailUrl) return std::string(kMailName);
  if (scope.starts_with(kPrefix)) scope.remove_prefix(kPrefix.size());
  // The answer names these two by their older scopes.
  if (scope == "userinfo.email") return "email";
  if (scope == "userinfo.profile") return "profile";
  return std::string(scope);
}

std::vector<std::string> short_scope_names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty() && names.size() < kScopesMax) {
    const auto end = std::min(list.find(' '), list.size());
    const auto name = short_scope_name(list.substr(0, end));
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return names;
}

}  // namespace gatehouse::identity
