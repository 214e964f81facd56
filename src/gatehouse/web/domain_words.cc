// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/domain_words.h"

#include <algorithm>

namespace gatehouse::web {

std::string domain_words(const std::vector<std::string>& domains) {
  if (std::find(domains.begin(), domains.end(), "*") != domains.end()) return {};
  std::string words;
  for (std::size_t i = 0; i < domains.size(); ++i) {
    if (i > 0) words += i + 1 == domains.size() ? " or " : ", ";
    words += domains[i];
  }
  return words;
}

std::string account_of_words(const std::vector<std::string>& domains) {
  const std::string words = domain_words(domains);
  return words.empty() ? "your Google account" : "your " + words + " account";
}

}  // namespace gatehouse::web
