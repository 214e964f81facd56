// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::oauth {

using Scopes = std::vector<std::string>;

// Asked for by client libraries of their own accord; neither granted nor held against them.
inline constexpr std::string_view kHarmlessScope = "offline_access";

// RFC 6749 section 3.3: tokens separated by single spaces; here any run of spaces will do. Repeats
// are dropped. nullopt for other characters, over 2 KB, or more than 64 scopes.
std::optional<Scopes> parse_scope(std::string_view text);
std::string join_scopes(const Scopes& scopes);

// Those of `wanted` that `allowed` has, in the order of `wanted`.
Scopes intersection(const Scopes& wanted, const Scopes& allowed);
// Those of `wanted` that `others` does not have.
Scopes difference(const Scopes& wanted, const Scopes& others);
bool contains_all(const Scopes& have, const Scopes& needed);

}  // namespace gatehouse::oauth
