// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// Google's scopes are URLs; ours are the last part of them: "gmail.readonly".
std::string google_scope_url(std::string_view short_name);  // a full URL and an OpenID scope stay
std::string short_scope_name(std::string_view scope);

// A space-separated list as Google answers it, in short names, each once, at most 64.
std::vector<std::string> short_scope_names(std::string_view list);

}  // namespace gatehouse::identity
