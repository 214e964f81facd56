// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/prompts/prompt_text.h"
#include "gatehouse/workspace/prompts/prompts.h"

namespace gatehouse::workspace::prompts {

namespace {

constexpr int kDaysBack = 7;

constexpr std::string_view kText =
    R"(Write a report of my work since $since, as far as my mail shows it. $today
$focus
1. gmail_search {"query":"in:sent","after":"$since","by":"thread","limit":50,"fields":["id","to","subject","date","count","snippet"]}
2. gmail_search {"query":"in:inbox -category:promotions -category:social","after":"$since","by":"thread","limit":50}
3. gmail_read {"ids":["t:ID"]} where the rows do not show what came of it, up to 10 ids a call.

Answer ready to paste, in the first person, a line per matter rather than per mail, 250 words at most:
- Done: the result, with its number or date.
- Under way: where it stands, what comes next.
- Waiting: for whom, since when.
- Next: what I have promised, by when.
Only what the mails show: no praise, no filling. Leave out private matters and what concerns a person's pay, health or conduct; tell me below the report that you did. There ask me, too, what I did that left no mail.

)";

Read<std::string> write(const mcp::PromptCall& call, base::SystemTime now) {
  const auto back = days(call, "days", kDaysBack);
  if (!back) return back.error();
  const auto focus = words(call, "focus");
  if (!focus) return focus.error();
  const std::chrono::hours span(24 * *back);
  return filled(kText, {{"since", minute(now - span)},
                        {"today", today(now)},
                        {"focus", quoted_line("Only what concerns, in my words:", *focus)}});
}

}  // namespace

mcp::Prompt weekly_report(const base::Clock& clock) {
  mcp::Prompt prompt;
  prompt.name = "weekly_report";
  prompt.title = "Report on my week";
  prompt.description = "What your mail shows you did, ready to paste: done, under way, next.";
  prompt.arguments = {
      {"days", "Days", "How many days back, 1 to 90; default 7", false, completer(kDays)},
      {"focus", "Focus", "Only this: a project, a customer, a team", false}};
  return with_text(std::move(prompt), clock, &write);
}

}  // namespace gatehouse::workspace::prompts
