// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/google_scope.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::workspace {

namespace {

// A stronger scope and one that it includes. Google documents no such table; these follow from what
// each lets a caller do.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kIncludes{
    {{"gmail.modify", "gmail.readonly"},
     {"gmail.modify", "gmail.compose"},
     {"gmail.modify", "gmail.send"},
     {"gmail.compose", "gmail.send"},
     {"calendar.events", "calendar.events.readonly"},
     {"drive", "drive.readonly"},
     {"drive", "drive.file"},
     {"documents", "documents.readonly"},
     {"spreadsheets", "spreadsheets.readonly"}}};

bool includes(std::string_view strong, std::string_view weak) {
  return std::find(kIncludes.begin(), kIncludes.end(), std::pair(strong, weak)) != kIncludes.end();
}

}  // namespace

bool allows(Mode mode, Mode least) {
  const auto rank = [](Mode m) { return m == Mode::readonly ? 0 : m == Mode::draft ? 1 : 2; };
  return rank(mode) >= rank(least);
}

bool is_granted(const std::vector<std::string>& granted, std::string_view needed) {
  return std::any_of(granted.begin(), granted.end(), [&](const std::string& scope) {
    return scope == needed || includes(scope, needed);
  });
}

std::vector<std::string> collapsed(const std::vector<std::string>& scopes) {
  std::vector<std::string> kept;
  for (const std::string& scope : scopes) {
    const bool is_covered =
        std::any_of(scopes.begin(), scopes.end(),
                    [&](const std::string& other) { return includes(other, scope); });
    if (!is_covered && std::find(kept.begin(), kept.end(), scope) == kept.end())
      kept.push_back(scope);
  }
  return kept;
}

}  // namespace gatehouse::workspace
