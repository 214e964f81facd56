// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace gatehouse::web {

// "seven days", "36 hours", "20 minutes": how long something lasts, to be read in a sentence.
std::string lifetime_words(std::chrono::seconds lifetime);

}  // namespace gatehouse::web
