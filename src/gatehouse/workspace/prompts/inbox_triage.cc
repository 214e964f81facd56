// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/prompts/prompt_text.h"
#include "gatehouse/workspace/prompts/prompts.h"

namespace gatehouse::workspace::prompts {

namespace {

constexpr std::string_view kText =
    R"(Sort what has come into my inbox since $since. $today
$focus
1. gmail_search {"query":"in:inbox","after":"$since","by":"thread","limit":50}
If it gives next, repeat the call with that as cursor, once.
2. Let the rows settle what they can: newsletters, notices, receipts and thanks need no reading.
3. gmail_read {"ids":["t:ID"]} for the others, up to 10 ids a call, unread and important ones first.

Answer, leaving out empty groups:
- Today: a line each: who, what they want of me, by when, the next small step, [id].
- This week: the same.
- To know: the fact itself, not that there is a mail about it.
- Noise: only how many, and from whom.
Judge by deadlines, by who is kept waiting and by whether I am asked in person, not by loud words. Name apart what looks like fraud, and why. End with the one thing you would do first.

)";

Read<std::string> write(const mcp::PromptCall& call, base::SystemTime now) {
  const auto since = moment(call, "since", "1 day", now);
  if (!since) return since.error();
  const auto focus = words(call, "focus");
  if (!focus) return focus.error();
  return filled(kText, {{"since", minute(*since)},
                        {"today", today(now)},
                        {"focus", quoted_line("First what touches, in my words:", *focus)}});
}

}  // namespace

mcp::Prompt inbox_triage(const base::Clock& clock) {
  mcp::Prompt prompt;
  prompt.name = "inbox_triage";
  prompt.title = "Sort my inbox";
  prompt.description = "What came in, by what it asks of you: today, this week, to know, noise.";
  prompt.arguments = {
      {"since", "Since", "How far back: \"1 day\" (default), \"4 hours\", \"1 week\", or a date",
       false, completer(kSpans)},
      {"focus", "Focus", "What comes first: a project, a customer, a person", false}};
  return with_text(std::move(prompt), clock, &write);
}

}  // namespace gatehouse::workspace::prompts
