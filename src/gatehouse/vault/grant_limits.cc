// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/grant_limits.h"

#include <algorithm>
#include <string_view>

#include "gatehouse/vault/grant_row.h"

namespace gatehouse::vault {
namespace {

constexpr std::size_t kFieldBytesMax = 16 * 1024;
constexpr std::size_t kScopesMax = 128;

// Printable ASCII without space, quote and backslash.
bool is_scope(const std::string& scope) {
  return !scope.empty() && std::all_of(scope.begin(), scope.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
  });
}

bool fits(std::string_view text) { return text.size() <= kFieldBytesMax; }

bool fits(const std::vector<std::string>& scopes) {
  return scopes.size() <= kScopesMax && fits(join_scopes(scopes));
}

}  // namespace

bool are_scopes(const std::vector<std::string>& scopes) {
  return scopes.size() <= kScopesMax && std::all_of(scopes.begin(), scopes.end(), is_scope);
}

bool fits(const GrantTerms& terms) {
  return !terms.user.empty() && fits(terms.user.str()) && !terms.client.empty() &&
         fits(terms.client.str()) && fits(terms.redirect_uri) && fits(terms.code_challenge) &&
         fits(terms.resource) && fits(terms.scopes) && fits(terms.declined) &&
         are_scopes(terms.scopes) && are_scopes(terms.declined);
}

bool fits(const UpstreamCredentials& upstream) {
  return fits(upstream.access_token.reveal()) && fits(upstream.refresh_token.reveal()) &&
         fits(upstream.scopes) && fits(upstream.email) && fits(upstream.name) &&
         fits(upstream.domain);
}

}  // namespace gatehouse::vault
