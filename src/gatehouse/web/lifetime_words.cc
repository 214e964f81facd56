// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/lifetime_words.h"

namespace gatehouse::web {
namespace {

std::string counted(std::chrono::seconds::rep count, const char* unit) {
  std::string words = count == 7 ? "seven" : std::to_string(count);
  words.append(" ").append(unit);
  if (count != 1) words += "s";
  return words;
}

}  // namespace

std::string lifetime_words(std::chrono::seconds lifetime) {
  using std::chrono::duration_cast;
  if (lifetime % std::chrono::days(1) == std::chrono::seconds(0)) {
    return counted(duration_cast<std::chrono::days>(lifetime).count(), "day");
  }
  if (lifetime % std::chrono::hours(1) == std::chrono::seconds(0)) {
    return counted(duration_cast<std::chrono::hours>(lifetime).count(), "hour");
  }
  return counted(duration_cast<std::chrono::minutes>(lifetime).count(), "minute");
}

}  // namespace gatehouse::web
