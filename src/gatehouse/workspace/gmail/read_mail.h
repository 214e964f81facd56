// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "gatehouse/google/api_error.h"
#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/gmail/read_cursor.h"
#include "gatehouse/workspace/read_audit.h"
#include "gatehouse/workspace/time_zone.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

inline constexpr int kReadCharacters = 8'000;  // of an answer for which no other budget is named
// What cursors are sealed for: gmail_read goes on wherever reading stopped.
inline constexpr std::string_view kReadCursorPurpose = "gmail_read";

// What to read and how to show it.
struct ReadPlan {
  ReadCursor todo;
  TimeZone zone = TimeZone::utc();
  std::size_t characters_max = kReadCharacters;
};

// Messages and threads in the form of gmail_read, as far as the budget goes: what is still to be
// read stays in `plan.todo`, and sealed in the answer; what was shown is told to `audit`. An error
// only when nothing could be read; otherwise a note says what could not.
google::ApiTask<mcp::ToolResult> read_mail(Services& services, mcp::Call& call, ReadPlan& plan,
                                           ReadAudit& audit);

}  // namespace gatehouse::workspace::gmail
