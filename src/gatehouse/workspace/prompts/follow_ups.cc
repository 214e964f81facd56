// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/prompts/prompt_text.h"
#include "gatehouse/workspace/prompts/prompts.h"

namespace gatehouse::workspace::prompts {

namespace {

constexpr int kDaysBack = 7;

constexpr std::string_view kText =
    R"(Find what hangs in the air in my mail since $since. $today

1. whoami {} for my address.
2. gmail_search {"query":"in:sent","after":"$since","by":"thread","limit":50,"fields":["id","address","to","subject","date","snippet"]}
A row shows its thread's last mail: where address is mine, nobody has answered.
3. gmail_search {"query":"in:inbox -from:me -category:promotions -category:social","after":"$since","by":"thread","limit":50,"fields":["id","address","subject","date","snippet"]}
Where address is not mine, I may owe an answer.
4. gmail_read {"ids":["t:ID"],"max_chars":20000} where the snippet does not settle whether one is due, up to 10 ids a call.
Leave out thanks, notices, mail to myself, and what was settled without me.

Answer with two lists, the oldest first, ten lines each at most:
- I wait for: whom, what I asked, for how many days, a nudge of one sentence, [id].
- They wait for me: who, what they asked, for how many days, any deadline, the shortest honest answer, [id].
Then ask which of these mails I want written.

)";

Read<std::string> write(const mcp::PromptCall& call, base::SystemTime now) {
  const auto back = days(call, "days", kDaysBack);
  if (!back) return back.error();
  const std::chrono::hours span(24 * *back);
  return filled(kText, {{"since", minute(now - span)}, {"today", today(now)}});
}

}  // namespace

mcp::Prompt follow_ups(const base::Clock& clock) {
  mcp::Prompt prompt;
  prompt.name = "follow_ups";
  prompt.title = "What is unanswered";
  prompt.description = "Who still owes you an answer, and to whom you owe one.";
  prompt.arguments = {
      {"days", "Days", "How many days back, 1 to 90; default 7", false, completer(kDays)}};
  return with_text(std::move(prompt), clock, &write);
}

}  // namespace gatehouse::workspace::prompts
