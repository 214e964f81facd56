// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/mcp/prompt.h"

// Conversations to start with: what a person asks for again and again, worked out once. Each tells
// a model which tools to call in which order, with calls that are valid as they stand but for ID,
// and what the answer should look like. Together with its answer a prompt stays within a minute's
// quota at Google: at most 100 threads are listed (40 units each).
namespace gatehouse::workspace::prompts {

// In the order of the prompt list. `clock` must outlive them.
std::vector<mcp::Prompt> all(const base::Clock& clock);

mcp::Prompt inbox_triage(const base::Clock& clock);
mcp::Prompt meeting_prep(const base::Clock& clock);
mcp::Prompt follow_ups(const base::Clock& clock);
mcp::Prompt weekly_report(const base::Clock& clock);

}  // namespace gatehouse::workspace::prompts
