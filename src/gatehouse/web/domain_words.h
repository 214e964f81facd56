// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace gatehouse::web {

// "example.com, example.net or example.org"; empty when every account may sign in.
std::string domain_words(const std::vector<std::string>& domains);

// "your example.com account", to be read in a sentence.
std::string account_of_words(const std::vector<std::string>& domains);

}  // namespace gatehouse::web
