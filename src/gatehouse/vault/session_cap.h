// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gatehouse/vault/own_sessions.h"

namespace gatehouse::vault {

// How many sessions of one person live at once. Google keeps a hundred refresh tokens of an account
// and an OAuth client and drops the oldest without a word, which would end a session that nobody
// has ended; half of that leaves room for those of sessions that are over.
inline constexpr std::size_t kSessionsMax = 50;

// The grants that have to end so that no more than `most` live: those whose client was given a
// token the longest ago, and never `newest`. `sessions` in any order.
std::vector<std::string> surplus_of(const std::vector<OwnSession>& sessions,
                                    const std::string& newest, std::size_t most = kSessionsMax);

}  // namespace gatehouse::vault
