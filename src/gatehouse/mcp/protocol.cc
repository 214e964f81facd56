// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/protocol.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gatehouse::mcp {
namespace {

constexpr std::array<std::string_view, 5> kRevisionNames = {
    "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"};
constexpr std::array<std::string_view, 8> kLogLevels = {"debug", "info",     "notice", "warning",
                                                        "error", "critical", "alert",  "emergency"};

}  // namespace

std::string_view name_of(Revision revision) {
  return kRevisionNames[static_cast<std::size_t>(revision)];
}

std::optional<Revision> revision_named(std::string_view name) {
  const auto found = std::find(kRevisionNames.begin(), kRevisionNames.end(), name);
  if (found == kRevisionNames.end()) return std::nullopt;
  return static_cast<Revision>(found - kRevisionNames.begin());
}

std::string_view name_of(LogLevel level) { return kLogLevels[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> log_level_named(std::string_view name) {
  const auto found = std::find(kLogLevels.begin(), kLogLevels.end(), name);
  if (found == kLogLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLogLevels.begin());
}

}  // namespace gatehouse::mcp
