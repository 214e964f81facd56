// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/oauth/scope.h"

namespace gatehouse::web {

// What an assistant may do, in sentences a person understands: for each scope asked of Google, cut
// down to reading when the client was given no `workspace.write`. A scope we have no words for is
// named as it is, never left out.
std::vector<std::string> scope_words(const oauth::Scopes& google_scopes,
                                     const oauth::Scopes& client_scopes);

// "gmail.readonly", however the scope was written.
std::string_view short_scope(std::string_view google_scope);

}  // namespace gatehouse::web
