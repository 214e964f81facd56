// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/prompts/prompts.h"

namespace gatehouse::workspace::prompts {

std::vector<mcp::Prompt> all(const base::Clock& clock) {
  std::vector<mcp::Prompt> prompts;
  prompts.push_back(inbox_triage(clock));
  prompts.push_back(meeting_prep(clock));
  prompts.push_back(follow_ups(clock));
  prompts.push_back(weekly_report(clock));
  return prompts;
}

}  // namespace gatehouse::workspace::prompts
