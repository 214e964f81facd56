// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/browser_words.h"

#include <iterator>

namespace gatehouse::web {
namespace {

constexpr std::size_t kBytesMax = 512;

struct Family {
  std::string_view mark;
  std::string_view name;
};

// In this order: those that disguise themselves as others come first.
constexpr Family kBrowsers[] = {
    {"Edg/", "Edge"},
    {"EdgA/", "Edge"},
    {"EdgiOS/", "Edge"},
    {"OPR/", "Opera"},
    {"SamsungBrowser/", "Samsung Internet"},
    {"Vivaldi/", "Vivaldi"},
    {"Firefox/", "Firefox"},
    {"FxiOS/", "Firefox"},
    {"CriOS/", "Chrome"},
    {"Chrome/", "Chrome"},
    {"HeadlessChrome/", "Chrome"},
    {"Safari/", "Safari"},
};
constexpr Family kSystems[] = {
    {"Android", "Android"}, {"iPhone", "an iPhone"}, {"iPad", "an iPad"}, {"Windows NT", "Windows"},
    {"Macintosh", "macOS"}, {"CrOS", "ChromeOS"},    {"Linux", "Linux"},
};

template <std::size_t N>
std::string_view name_in(std::string_view user_agent, const Family (&families)[N]) {
  for (const Family& family : families) {
    if (user_agent.find(family.mark) != std::string_view::npos) return family.name;
  }
  return {};
}

}  // namespace

std::string browser_words(std::string_view user_agent) {
  user_agent = user_agent.substr(0, kBytesMax);
  std::string words(name_in(user_agent, kBrowsers));
  if (words.empty()) return words;
  const std::string_view system = name_in(user_agent, kSystems);
  if (!system.empty()) words.append(" on ").append(system);
  return words;
}

}  // namespace gatehouse::web
