// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/scope.h"

#include <algorithm>

namespace gatehouse::oauth {
namespace {

constexpr std::size_t kScopeBytesMax = 2048;
constexpr std::size_t kScopesMax = 64;

bool is_scope_character(char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; }

bool contains(const Scopes& scopes, std::string_view scope) {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

}  // namespace

std::optional<Scopes> parse_scope(std::string_view text) {
  if (text.size() > kScopeBytesMax) return std::nullopt;
  Scopes scopes;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view scope = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (scope.empty() || contains(scopes, scope)) continue;
    if (!std::all_of(scope.begin(), scope.end(), is_scope_character)) return std::nullopt;
    if (scopes.size() == kScopesMax) return std::nullopt;
    scopes.emplace_back(scope);
  }
  return scopes;
}

std::string join_scopes(const Scopes& scopes) {
  std::string text;
  for (const std::string& scope : scopes) {
    if (!text.empty()) text += ' ';
    text += scope;
  }
  return text;
}

Scopes intersection(const Scopes& wanted, const Scopes& allowed) {
  Scopes both;
  for (const std::string& scope : wanted) {
    if (contains(allowed, scope)) both.push_back(scope);
  }
  return both;
}

Scopes difference(const Scopes& wanted, const Scopes& others) {
  Scopes rest;
  for (const std::string& scope : wanted) {
    if (!contains(others, scope)) rest.push_back(scope);
  }
  return rest;
}

bool contains_all(const Scopes& have, const Scopes& needed) {
  return std::all_of(needed.begin(), needed.end(),
                     [&have](const std::string& scope) { return contains(have, scope); });
}

}  // namespace gatehouse::oauth
