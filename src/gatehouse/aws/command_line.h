// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::aws {

// Splits a command into its words as a POSIX shell quotes them: '...', "..." and backslashes.
// Nothing is expanded and no operator means anything. nullopt when a quote stays open.
std::optional<std::vector<std::string>> split_command(std::string_view text);

}  // namespace gatehouse::aws
